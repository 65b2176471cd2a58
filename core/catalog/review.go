package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Submit hands a draft to the operator. It must have a plan, and an API an
// endpoint; a syndicated product the address that its events go to.
func (s *Service) Submit(ctx context.Context, actor account.Actor, id int64) (Product, error) {
	return s.move(ctx, actor, id, account.EditProducts, Review, "")
}

// Approve publishes a product in review: it can be found and bought.
func (s *Service) Approve(ctx context.Context, actor account.Actor, id int64) (Product, error) {
	return s.move(ctx, actor, id, account.ReviewProducts, Published, "")
}

// Reject sends a product in review back to its vendor with the reason.
func (s *Service) Reject(ctx context.Context, actor account.Actor, id int64, reason string) (Product, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return Product{}, fault.InvalidField("reason", "Say what the vendor should change.")
	}
	return s.move(ctx, actor, id, account.ReviewProducts, Rejected, reason)
}

// Retire takes a published product off the storefront: what was sold stays.
func (s *Service) Retire(ctx context.Context, actor account.Actor, id int64) (Product, error) {
	return s.move(ctx, actor, id, account.EditProducts, Retired, "")
}

// Restore puts a retired product back on the storefront.
func (s *Service) Restore(ctx context.Context, actor account.Actor, id int64) (Product, error) {
	return s.move(ctx, actor, id, account.EditProducts, Published, "", Retired)
}

// Enable puts a product on sale as far as its vendor may: a retired one again,
// a draft by handing it in for review.
func (s *Service) Enable(ctx context.Context, actor account.Actor, id int64) (Product, error) {
	p, err := s.own(ctx, actor, id)
	if err != nil {
		return Product{}, err
	}
	if p.Status == Retired {
		return s.Restore(ctx, actor, id)
	}
	return s.Submit(ctx, actor, id)
}

// topics and summaries of a move, by the status it leads to.
var moves = map[Status]struct{ topic, summary string }{
	Review:    {"product.submitted", "%s was handed in for review"},
	Published: {"product.approved", "%s was approved and published"},
	Rejected:  {"product.rejected", "%s was sent back to its vendor"},
	Retired:   {"product.retired", "%s was taken off the storefront"},
}

// move takes one of the actor's products to a status, only from those given
// when there are any.
func (s *Service) move(ctx context.Context, actor account.Actor, id int64, right account.Right, to Status, note string, from ...Status) (Product, error) {
	if err := actor.Need(right); err != nil {
		return Product{}, err
	}
	var p Product
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if p, err = s.lockOwn(ctx, tx, actor, id); err != nil {
			return err
		}
		if len(from) > 0 && !slices.Contains(from, p.Status) {
			return fault.Newf(fault.Conflict, "A product in status %s cannot be put back on the storefront.", p.Status).With("product", p.ID)
		}
		before := p
		if err := s.transition(ctx, tx, &p, to); err != nil {
			return err
		}
		p.ReviewNote = note
		if err := updateProduct(ctx, tx, p); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, moves[to].topic, &before, &p); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Input{Entity: event.Product, EntityID: p.ID, Type: event.Modified,
			Topic: moves[to].topic, VendorID: p.VendorID, Actor: actor.Audit(),
			Summary: strings.Replace(moves[to].summary, "%s", p.Name, 1),
			Data:    map[string]any{"product": p.Name, "sku": p.SKU, "reason": note}})
	})
	return p, err
}

// transition moves the product by the table, or says why it cannot.
func (s *Service) transition(ctx context.Context, tx *store.Tx, p *Product, to Status) error {
	if !p.Status.CanBecome(to) {
		return fault.Newf(fault.Conflict, "A product in status %s cannot become %s.", p.Status, to).With("product", p.ID)
	}
	if to == Review {
		if err := complete(ctx, tx, *p); err != nil {
			return err
		}
	}
	if to == Published && p.PublishedAt == nil {
		now := tx.Now()
		p.PublishedAt = &now
	}
	p.Status = to
	return nil
}

func complete(ctx context.Context, tx *store.Tx, p Product) error {
	endpoints, err := EndpointsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	plans, err := PlansOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	var c fault.Check
	c.That(len(endpoints) > 0 || p.Type != API, "endpoints", "Add at least one endpoint first.")
	c.That(p.SyndicationURL != "" || p.Type != Syndicated, "syndicationEndpoint.url", "Say first where events about subscriptions are sent: you set them up.")
	c.That(len(plans[p.ID]) > 0, "plans", "Add at least one plan first.")
	c.Need("shortDescription", p.ShortDescription)
	return c.Err()
}
