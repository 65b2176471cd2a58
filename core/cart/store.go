package cart

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
)

const selectCart = `SELECT id, customer_id, reseller_id, created_by, name, notes, metadata, created_at, updated_at, checked_out_at FROM cart WHERE marketplace_id = ?`

func insert(ctx context.Context, tx *store.Tx, sale order.Sale, by int64, in Input) (int64, error) {
	var reseller any // nil: the marketplace sells
	if sale.ResellerID != 0 {
		reseller = sale.ResellerID
	}
	id, err := tx.Insert(ctx, `INSERT INTO cart (marketplace_id, customer_id, reseller_id, created_by, name, notes, metadata, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), sale.CustomerID, reseller, by, in.Name, in.Notes, in.Metadata.String(), tx.Now(), tx.Now())
	if err != nil {
		return 0, err
	}
	return id, insertItems(ctx, tx, id, in.Items)
}

func insertItems(ctx context.Context, tx *store.Tx, cart int64, items []ItemInput) error {
	for _, i := range items {
		i = i.normal()
		if _, err := tx.Insert(ctx, `INSERT INTO cart_item (marketplace_id, cart_id, plan_id, quantity, parameters, metadata) VALUES (?, ?, ?, ?, ?, ?)`,
			tx.Marketplace(), cart, i.PlanID, i.Quantity, string(i.Parameters), i.Metadata.String()); err != nil {
			return err
		}
	}
	return nil
}

func replaceItems(ctx context.Context, tx *store.Tx, cart int64, items []ItemInput) error {
	if _, err := tx.Exec(ctx, `DELETE FROM cart_item WHERE marketplace_id = ? AND cart_id = ?`, tx.Marketplace(), cart); err != nil {
		return err
	}
	return insertItems(ctx, tx, cart, items)
}

func save(ctx context.Context, tx *store.Tx, c Cart) error {
	_, err := tx.Exec(ctx, `UPDATE cart SET name = ?, notes = ?, metadata = ?, updated_at = ?, checked_out_at = ? WHERE marketplace_id = ? AND id = ?`,
		c.Name, c.Notes, c.Metadata.String(), tx.Now(), c.CheckedOutAt, tx.Marketplace(), c.ID)
	return err
}

func remove(ctx context.Context, tx *store.Tx, id int64) error {
	if err := replaceItems(ctx, tx, id, nil); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM cart WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
	return err
}

func lock(ctx context.Context, tx *store.Tx, id int64) error {
	var locked int64
	return tx.Get(ctx, "cart", &locked, `SELECT id FROM cart WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
}

func byID(ctx context.Context, tx *store.Tx, id int64) (Cart, error) {
	var c Cart
	if err := tx.Get(ctx, "cart", &c, selectCart+` AND id = ?`, tx.Marketplace(), id); err != nil {
		return Cart{}, err
	}
	all := []Cart{c}
	err := fill(ctx, tx, all)
	return all[0], err
}

func cartOf(ctx context.Context, tx *store.Tx, item int64) (id int64, err error) {
	return id, tx.Get(ctx, "item", &id, `SELECT cart_id FROM cart_item WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), item)
}

// keepOrder writes down the order of the n-th copy of an item. One that is
// there already, or an item that was taken out meanwhile, refuses the order.
func keepOrder(ctx context.Context, tx *store.Tx, item Item, number int, orderID int64) error {
	if err := lock(ctx, tx, item.CartID); err != nil {
		return err
	}
	var kept []int64
	if err := tx.Select(ctx, &kept, `SELECT number FROM cart_order WHERE marketplace_id = ? AND item_id = ?`, tx.Marketplace(), item.ID); err != nil {
		return err
	}
	if len(kept) >= number {
		return fault.New(fault.Conflict, "This item was ordered a moment ago.").With("item", item.ID)
	}
	if _, err := cartOf(ctx, tx, item.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO cart_order (marketplace_id, item_id, number, order_id) VALUES (?, ?, ?, ?)`, tx.Marketplace(), item.ID, number, orderID)
	return err
}

// fill reads the items of carts and their orders.
func fill(ctx context.Context, tx *store.Tx, carts []Cart) error {
	if len(carts) == 0 {
		return nil
	}
	at := map[int64]int{}
	ids := make([]int64, len(carts))
	for i, c := range carts {
		at[c.ID], ids[i] = i, c.ID
	}
	orders, err := ordersOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	var items []Item
	if err := tx.SelectIn(ctx, &items, `SELECT id, cart_id, plan_id, quantity, parameters, metadata FROM cart_item
		WHERE marketplace_id = ? AND cart_id IN (?) ORDER BY id`, tx.Marketplace(), ids); err != nil {
		return err
	}
	for _, item := range items {
		item.Orders = orders[item.ID]
		c := &carts[at[item.CartID]]
		c.Items = append(c.Items, item)
	}
	return nil
}

// ordersOf reads the orders placed from carts, by item.
func ordersOf(ctx context.Context, tx *store.Tx, carts []int64) (map[int64][]int64, error) {
	var rows []struct {
		Item  int64 `db:"item_id"`
		Order int64 `db:"order_id"`
	}
	err := tx.SelectIn(ctx, &rows, `SELECT o.item_id, o.order_id FROM cart_order o JOIN cart_item i ON i.id = o.item_id
		WHERE o.marketplace_id = ? AND i.cart_id IN (?) ORDER BY o.item_id, o.number`, tx.Marketplace(), carts)
	out := map[int64][]int64{}
	for _, r := range rows {
		out[r.Item] = append(out[r.Item], r.Order)
	}
	return out, err
}
