package connector

import (
	"context"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/subscription"
)

// reports are the statuses that a vendor may say a subscription has.
var reports = map[string]fulfilment.Status{"DEPLOYED": fulfilment.Deployed, "FAILED": fulfilment.Failed, "UNDEPLOYED": fulfilment.Undeployed}

// subscriptionPatch is a report, or an action with its arguments. Fields of the
// past are not read.
type subscriptionPatch struct {
	DeploymentStatus        string              `json:"deploymentStatus"`
	Action                  string              `json:"action"`
	Name                    string              `json:"name"`
	AutoRenew               *bool               `json:"autoRenew"`
	Hours                   int                 `json:"hours"`
	ProductVersion          *ref                `json:"productVersion"`
	BillingItems            map[string]quantity `json:"billingItems"`
	ConfigurationParameters map[string]string   `json:"configurationParameters"`
	From                    *date               `json:"from"`
}

// actFunc carries out an action on a subscription.
type actFunc func(ctx context.Context, c *call, id int64, in subscriptionPatch) (answer, error)

func (s *server) actions() map[string]actFunc {
	return map[string]actFunc{
		"SET_NAME": func(ctx context.Context, c *call, id int64, in subscriptionPatch) (answer, error) {
			_, err := s.Subscriptions.SetName(ctx, c.actor, id, in.Name)
			return done(err)
		},
		"AUTORENEW": func(ctx context.Context, c *call, id int64, in subscriptionPatch) (answer, error) {
			if in.AutoRenew == nil {
				return answer{}, fault.InvalidField("autoRenew", "Say true or false.")
			}
			_, err := s.Subscriptions.SetAutoRenew(ctx, c.actor, id, *in.AutoRenew)
			return done(err)
		},
		"RENEW": func(ctx context.Context, c *call, id int64, in subscriptionPatch) (answer, error) {
			_, err := s.Subscriptions.Renew(ctx, c.actor, id, subscription.RenewInput{Hours: in.Hours})
			return done(err)
		},
		"SYNDICATED_UPGRADE":   s.change,
		"BILLING_ITEM_UPGRADE": s.change,
		"KILL": func(ctx context.Context, c *call, id int64, _ subscriptionPatch) (answer, error) {
			_, err := s.Subscriptions.Terminate(ctx, c.actor, id)
			return done(err)
		},
		"DEPLOY": func(ctx context.Context, c *call, id int64, _ subscriptionPatch) (answer, error) {
			return done(s.Fulfilment.Report(ctx, c.actor, id, fulfilment.Report{Status: fulfilment.Deployed}))
		},
	}
}

// upgraded is what a change came to.
type upgraded struct {
	Upgrade string `json:"upgrade"`
	Invoice *ref   `json:"invoice,omitempty"`
	Order   *ref   `json:"order,omitempty"`
}

// change takes another plan, other quantities, or both.
func (s *server) change(ctx context.Context, c *call, id int64, in subscriptionPatch) (answer, error) {
	sub, err := s.Subscriptions.Get(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	plan, another := in.ProductVersion.to("productVersion")
	if !another {
		plan = sub.PlanID
	}
	chosen, _, err := s.ordered(ctx, c, plan, in.BillingItems, in.ConfigurationParameters)
	if err != nil {
		return answer{}, err
	}
	wish := subscription.ChangeInput{PlanID: plan, Parameters: chosen.Parameters}
	if len(in.BillingItems)+len(in.ConfigurationParameters) == 0 {
		wish.Parameters = nil
	}
	if in.From != nil {
		wish.From = new(time.Time(*in.From))
	}
	result, err := s.Subscriptions.Change(ctx, c.actor, id, wish)
	if err != nil {
		return answer{}, err
	}
	out := upgraded{Upgrade: strings.ToUpper(string(result.Outcome))}
	switch result.Outcome {
	case subscription.Deferred:
		out.Order = refer("order", result.OrderID)
	case subscription.PaidFor:
		out.Order, out.Invoice = refer("order", result.OrderID), refer("invoice", result.InvoiceID)
	}
	return ok(out), nil
}

// patchSubscription takes a report or an action.
func (s *server) patchSubscription(ctx context.Context, c *call) (answer, error) {
	var in subscriptionPatch
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	if in.Action == "" {
		return s.report(ctx, c, id, in.DeploymentStatus)
	}
	act, known := s.actions()[strings.ToUpper(in.Action)]
	if !known {
		return answer{}, fault.InvalidField("action", "There is no such action.")
	}
	return act(ctx, c, id, in)
}

func (s *server) report(ctx context.Context, c *call, id int64, status string) (answer, error) {
	reported, known := reports[strings.ToUpper(status)]
	if !known {
		return answer{}, fault.InvalidField("deploymentStatus", "Send an action, or DEPLOYED, FAILED or UNDEPLOYED as the status.")
	}
	return done(s.Fulfilment.Report(ctx, c.actor, id, fulfilment.Report{Status: reported}))
}
