package catalog

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
)

// Propose reads an OpenAPI document and returns the endpoints it describes.
// Nothing is stored: the vendor picks, and AddEndpoints adds.
func (s *Service) Propose(ctx context.Context, actor account.Actor, product int64, document []byte) (openapi.Result, error) {
	if _, err := s.Product(ctx, actor, product); err != nil {
		return openapi.Result{}, err
	}
	return openapi.Import(document)
}

// Product returns one of the actor's products with endpoints and plans.
func (s *Service) Product(ctx context.Context, actor account.Actor, id int64) (Listing, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return Listing{}, err
	}
	var l Listing
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := ProductByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("product", p.VendorID); err != nil {
			return err
		}
		l, err = listing(ctx, tx, p)
		return err
	})
	return l, err
}

// Plan returns a plan of one of the actor's products.
func (s *Service) Plan(ctx context.Context, actor account.Actor, id int64) (Plan, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return Plan{}, err
	}
	var plan Plan
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if plan, err = PlanByID(ctx, tx, id); err != nil {
			return err
		}
		p, err := ProductByID(ctx, tx, plan.ProductID)
		if err != nil {
			return err
		}
		return actor.NeedOwn("plan", p.VendorID)
	})
	return plan, err
}

// Products lists the actor's products in any status; operators see all.
func (s *Service) Products(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Product], error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return page.Page[Product]{}, err
	}
	if !actor.SeesAll() {
		f.VendorID = actor.OrganizationID
	}
	var out page.Page[Product]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = products(ctx, tx, f, req)
		return err
	})
	return out, err
}

// Results is a page of the storefront with the categories beside it.
type Results struct {
	Page   page.Page[Listing]
	Facets []Facet
}

// Search lists published products as the actor may buy them: of the
// marketplace, or of the reseller that sells to it. Anybody may look.
func (s *Service) Search(ctx context.Context, actor account.Actor, f Filter, req page.Request) (Results, error) {
	f.Status, f.VendorID, f.reseller = Published, 0, actor.ResellerID
	var out Results
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		found, err := products(ctx, tx, f, req)
		if err != nil {
			return err
		}
		ids := make([]int64, len(found.Items))
		for i, p := range found.Items {
			ids[i] = p.ID
		}
		plans, err := pricedPlans(ctx, tx, actor.ResellerID, ids...)
		if err != nil {
			return err
		}
		out.Page = page.Map(found, func(p Product) Listing { return Listing{Product: p, Plans: visible(plans[p.ID])} })
		out.Facets, err = facets(ctx, tx, actor.ResellerID)
		return err
	})
	return out, err
}

// BySKU returns a published product's page as Search would list it; anybody may
// look.
func (s *Service) BySKU(ctx context.Context, actor account.Actor, sku string) (Listing, error) {
	var l Listing
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := soldBySKU(ctx, tx, sku, actor.ResellerID)
		if err != nil {
			return err
		}
		if l.Endpoints, err = EndpointsOf(ctx, tx, p.ID); err != nil {
			return err
		}
		plans, err := pricedPlans(ctx, tx, actor.ResellerID, p.ID)
		l.Product, l.Plans = p, visible(plans[p.ID])
		return err
	})
	return l, err
}

// soldBySKU reads a published product that the reseller sells.
func soldBySKU(ctx context.Context, tx *store.Tx, sku string, reseller int64) (Product, error) {
	f := Filter{Status: Published, sku: sku, reseller: reseller}
	found, err := products(ctx, tx, f, page.Request{Limit: 1})
	if err == nil && len(found.Items) == 0 {
		err = fault.New(fault.NotFound, "There is no such product.")
	}
	if err != nil {
		return Product{}, err
	}
	return found.Items[0], nil
}

// pricedPlans are the plans as the reseller sells them; where its storefront
// shows no prices there are none.
func pricedPlans(ctx context.Context, tx *store.Tx, reseller int64, products ...int64) (map[int64][]Plan, error) {
	shop, err := storefront.Of(ctx, tx, reseller)
	if err != nil || !shop.Mode.ShowsPrices() {
		return nil, err
	}
	return plansSoldBy(ctx, tx, reseller, products)
}

func listing(ctx context.Context, tx *store.Tx, p Product) (Listing, error) {
	endpoints, err := EndpointsOf(ctx, tx, p.ID)
	if err != nil {
		return Listing{}, err
	}
	plans, err := PlansOf(ctx, tx, p.ID)
	return Listing{Product: p, Endpoints: endpoints, Plans: plans[p.ID]}, err
}

func visible(plans []Plan) []Plan {
	out := make([]Plan, 0, len(plans))
	for _, p := range plans {
		if !p.Hidden && !p.Revision.Excluded {
			out = append(out, p)
		}
	}
	return out
}
