package connector

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
)

// reports are the statuses that a vendor may say a subscription has.
var reports = map[string]fulfilment.Status{"DEPLOYED": fulfilment.Deployed, "FAILED": fulfilment.Failed, "UNDEPLOYED": fulfilment.Undeployed}

// subscriptionPatch is a report, or an action with its arguments. Fields of the
// past are not read.
type subscriptionPatch struct {
	DeploymentStatus        string            `json:"deploymentStatus"`
	Action                  string            `json:"action"`
	Name                    string            `json:"name"`
	AutoRenew               *bool             `json:"autoRenew"`
	Hours                   int               `json:"hours"`
	ProductVersion          *ref              `json:"productVersion"`
	BillingItems            map[string]amount `json:"billingItems"`
	ConfigurationParameters map[string]any    `json:"configurationParameters"`
	From                    *date             `json:"from"`
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
		"KILL": func(ctx context.Context, c *call, id int64, _ subscriptionPatch) (answer, error) {
			_, err := s.Subscriptions.Terminate(ctx, c.actor, id)
			return done(err)
		},
		"DEPLOY": func(ctx context.Context, c *call, id int64, _ subscriptionPatch) (answer, error) {
			return done(s.Fulfilment.Report(ctx, c.actor, id, fulfilment.Report{Status: fulfilment.Deployed}))
		},
	}
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
