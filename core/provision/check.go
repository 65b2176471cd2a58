package provision

import (
	"context"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// checkTimeout bounds the question before a sale: somebody waits for it.
const checkTimeout = 20 * time.Second

// CheckOrder asks the plugin whether it can make a new sale real
// (order.CheckFunc). Plans of type api are checked by the catalog alone.
func (s *Service) CheckOrder(ctx context.Context, marketplace int64, w order.Wish) error {
	return s.check(ctx, marketplace, nil, w)
}

// CheckChange asks the plugin whether what exists of a subscription can become
// the wish (subscription.Downstream).
func (s *Service) CheckChange(ctx context.Context, marketplace int64, sub subscription.Subscription, w order.Wish) error {
	return s.check(ctx, marketplace, &sub, w)
}

func (s *Service) check(ctx context.Context, marketplace int64, current *subscription.Subscription, w order.Wish) error {
	if w.Offer.Product.Type == catalog.API {
		return nil
	}
	var question sdk.Check
	var name string
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		question, name, err = s.question(ctx, tx, current, w)
		return err
	})
	if err != nil {
		return err
	}
	plugin, err := s.plugins.Provider(name)
	if err != nil {
		return unanswered(name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	problems, err := plugin.Validate(ctx, question)
	if err != nil {
		return unanswered(name, err)
	}
	return s.problems(ctx, w, problems)
}

func unanswered(plugin string, err error) error {
	return fault.New(fault.Unavailable, "Whether this can be set up is not known now: "+unwell(err)+" Nothing was changed; please try again later.").
		With("plugin", plugin).Because(err)
}

// question is what the plugin is asked, and the plugin's name.
func (s *Service) question(ctx context.Context, tx *store.Tx, current *subscription.Subscription, w order.Wish) (sdk.Check, string, error) {
	wanted, name, err := s.before(ctx, tx, current, w)
	if err != nil {
		return sdk.Check{}, "", err
	}
	var c sdk.Check
	if current != nil {
		c.Current = new(wanted)
	}
	if wanted.Product, err = s.productDocument(ctx, tx, w.Offer.Product); err != nil {
		return sdk.Check{}, "", err
	}
	wanted.Plan, err = planDocumentOf(w.Offer.Product.Type, w.Offer.Plan, w.Offer.Revision.Content)
	wanted.Parameters = w.Parameters
	c.Subscription = wanted
	return c, name, err
}

// before is what exists now; for a new sale only its provider's settings.
func (s *Service) before(ctx context.Context, tx *store.Tx, current *subscription.Subscription, w order.Wish) (sdk.Subscription, string, error) {
	if current != nil {
		t, err := s.target(ctx, tx, *current)
		return t.Desired, t.Provider.Plugin, err
	}
	id, err := s.ProviderFor(ctx, tx, w.Offer.Product.Type, w.Offer.Revision.Content.Provider)
	if err != nil {
		return sdk.Subscription{}, "", err
	}
	provider, err := providerByID(ctx, tx, id)
	if err != nil {
		return sdk.Subscription{}, "", err
	}
	settings, err := s.settings(provider)
	return sdk.Subscription{Settings: settings}, provider.Plugin, err
}

// problems turns what the plugin found into wrong fields of an order. What is
// wrong with settings or product is not for the customer to mend or to read.
func (s *Service) problems(ctx context.Context, w order.Wish, problems []sdk.Problem) error {
	var c fault.Check
	for _, p := range problems {
		switch root, _, _ := strings.Cut(p.Field, "."); root {
		case "parameters":
			c.Add(p.Field, p.Message)
		case "plan":
			c.Add("planId", p.Message)
		default:
			s.log.WarnContext(ctx, "a plan cannot be sold", "plan", w.Offer.Plan.ID, "field", p.Field, "problem", p.Message)
			c.Add("planId", "This plan cannot be set up at the moment; the operator has to look at it.")
		}
	}
	return c.Err()
}
