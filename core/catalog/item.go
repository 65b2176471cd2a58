package catalog

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/store"
)

// ItemKind is what an item of a product is.
type ItemKind string

// The kinds: what connectors call billing items, and configuration parameters.
const (
	QuantityItem  ItemKind = "quantity"  // a PlanResource, by its parameter
	MeterItem     ItemKind = "meter"     // a PlanMeter
	EndpointItem  ItemKind = "endpoint"  // an endpoint of an API that plans open
	ParameterItem ItemKind = "parameter" // what an order asks for
)

// ItemKinds lists them; the schema checks the same.
var ItemKinds = []ItemKind{QuantityItem, MeterItem, EndpointItem, ParameterItem}

// Item is something of a product that has a number of its own: connectors name
// it by that. The number is never given to anything else, even when the item
// goes out of use.
type Item struct {
	ID         int64    `db:"id"`
	ProductID  int64    `db:"product_id"`
	Kind       ItemKind `db:"kind"`
	Identifier string   `db:"identifier"` // a PlanResource's parameter, a meter, an endpoint's identifier, a parameter's code
}

const selectItem = `SELECT id, product_id, kind, identifier FROM product_item WHERE marketplace_id = ?`

// Items reads the items of a product, all that it ever had, by number. They
// are made when the product and its plans are saved.
func Items(ctx context.Context, tx *store.Tx, product int64) (all []Item, err error) {
	return all, tx.Select(ctx, &all, selectItem+` AND product_id = ? ORDER BY id`, tx.Marketplace(), product)
}

// ItemByID reads an item by its number.
func ItemByID(ctx context.Context, tx *store.Tx, id int64) (i Item, err error) {
	return i, tx.Get(ctx, "item", &i, selectItem+` AND id = ?`, tx.Marketplace(), id)
}

// ItemOf finds an item by what it is.
func ItemOf(ctx context.Context, tx *store.Tx, product int64, kind ItemKind, identifier string) (i Item, err error) {
	return i, tx.Get(ctx, "item", &i, selectItem+` AND product_id = ? AND kind = ? AND identifier = ?`, tx.Marketplace(), product, kind, identifier)
}

// keepItems gives numbers to those items that have none yet.
func keepItems(ctx context.Context, tx *store.Tx, product int64, items []Item) error {
	known, err := Items(ctx, tx, product)
	if err != nil {
		return err
	}
	have := map[Item]bool{}
	for _, i := range known {
		have[Item{Kind: i.Kind, Identifier: i.Identifier}] = true
	}
	for _, i := range items {
		if have[i] {
			continue
		}
		have[i] = true
		if _, err := tx.Exec(ctx, `INSERT INTO product_item (marketplace_id, product_id, kind, identifier, created_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (marketplace_id, product_id, kind, identifier) DO NOTHING`, tx.Marketplace(), product, i.Kind, i.Identifier, tx.Now()); err != nil {
			return fmt.Errorf("product %d: item %s: %w", product, i.Identifier, err)
		}
	}
	return nil
}

// items of a plan are what it prices.
func (c PlanContent) items() []Item {
	var out []Item
	for _, r := range c.Resources {
		out = append(out, Item{Kind: QuantityItem, Identifier: r.Parameter})
	}
	for _, m := range c.Meters {
		out = append(out, Item{Kind: MeterItem, Identifier: m.Meter})
	}
	for _, e := range c.Endpoints {
		out = append(out, Item{Kind: EndpointItem, Identifier: e.Identifier})
	}
	return out
}

// keepProductItems numbers what the product asks for.
func keepProductItems(ctx context.Context, tx *store.Tx, p Product) error {
	d, err := p.Definition()
	if err != nil {
		return err
	}
	var items []Item
	for _, param := range d.Parameters {
		items = append(items, Item{Kind: ParameterItem, Identifier: param.Code})
	}
	return keepItems(ctx, tx, p.ID, items)
}

// NumberItems numbers the items of products that were saved before items had
// numbers. Where all have them it changes nothing.
func (s *Service) NumberItems(ctx context.Context, marketplace int64) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		var products []int64
		if err := tx.Select(ctx, &products, `SELECT DISTINCT pl.product_id FROM plan pl WHERE pl.marketplace_id = ?
			AND NOT EXISTS (SELECT 1 FROM product_item i WHERE i.marketplace_id = pl.marketplace_id AND i.product_id = pl.product_id)
			ORDER BY pl.product_id`, marketplace); err != nil {
			return err
		}
		for _, id := range products {
			if err := numberOld(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// numberOld numbers what any revision of a product's plans has priced.
func numberOld(ctx context.Context, tx *store.Tx, product int64) error {
	var contents []PlanContent
	err := tx.Select(ctx, &contents, `SELECT r.content FROM plan_revision r JOIN plan pl ON pl.id = r.plan_id
		WHERE r.marketplace_id = ? AND pl.product_id = ? ORDER BY r.id`, tx.Marketplace(), product)
	if err != nil {
		return err
	}
	for _, c := range contents {
		if err := keepItems(ctx, tx, product, c.items()); err != nil {
			return err
		}
	}
	return nil
}
