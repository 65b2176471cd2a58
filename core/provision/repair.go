package provision

import (
	"context"

	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// repair makes what exists as sold again, by looking first: what is missing is
// provisioned anew, what is off is updated and keeps its credentials, and what
// is blocked or open against its status is turned over. A later try of the
// same attempt provisions again under the same key, so that credentials which
// a crash swallowed are not lost.
func (c call) repair(ctx context.Context, progress sdk.Progress) (o outcome) {
	seen, err := c.plugin.Observe(ctx, c.Desired)
	if err != nil {
		return outcome{err: err}
	}
	switch {
	case seen.State == sdk.StateAbsent || seen.State == sdk.StatePartial || c.attempt.Tries > 1:
		o.result, o.err = c.plugin.Provision(ctx, c.request("provision"), progress)
		o.made = true
	case len(seen.Differences) > 0:
		o.result, o.err = c.plugin.Update(ctx, c.request("update"), progress)
		o.made = true
	}
	if o.err == nil {
		o.err = c.turn(ctx, seen.State)
	}
	return o
}

// turn blocks or unblocks what is there, by the subscription's status.
func (c call) turn(ctx context.Context, seen sdk.State) error {
	switch {
	case c.Subscription.Status == subscription.Suspended && seen != sdk.StateSuspended:
		return c.plugin.Suspend(ctx, c.request("suspend"))
	case c.Subscription.Status == subscription.Active && (seen == sdk.StateSuspended || c.attempt.Tries > 1):
		return c.plugin.Resume(ctx, c.request("resume"))
	}
	return nil
}
