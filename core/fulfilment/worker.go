package fulfilment

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Start begins an operation on a subscription that its vendor sets up, where
// provision.Start would be for all others. The vendor learns of it by the event
// that was written with the change; the marketplace waits for nothing but a
// termination, and for that only so long: in real time by a job, and in the
// marketplace's time by the billing run, which a time machine steps through.
func (s *Service) Start(ctx context.Context, tx *store.Tx, sub subscription.Subscription, op subscription.Operation) error {
	if op != subscription.Deprovision {
		return nil
	}
	sub.BillsAt = new(tx.Now().Add(s.grace))
	if err := subscription.Save(ctx, tx, sub); err != nil {
		return err
	}
	return s.jobs.Insert(ctx, tx, endArgs{MarketplaceID: tx.Marketplace(), SubscriptionID: sub.ID},
		jobs.Options{RunAt: s.db.Clock().Now().Add(s.grace), MaxAttempts: tries})
}

// tries is many: nothing but a database that is away for days may keep a
// subscription from its end.
const tries = 1000

type endArgs struct {
	MarketplaceID  int64 `json:"marketplaceId"`
	SubscriptionID int64 `json:"subscriptionId"`
}

// Kind names the job in the queue.
func (endArgs) Kind() string { return "fulfilment.end" }

// Scope says where it works.
func (a endArgs) Scope() int64 { return a.MarketplaceID }

func (s *Service) end(ctx context.Context, job jobs.Job[endArgs]) error {
	return s.db.InTx(ctx, job.Args.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.Lock(ctx, tx, job.Args.SubscriptionID)
		if err != nil {
			return err
		}
		return s.End(ctx, tx, sub)
	})
}

// End ends a locked subscription whose vendor has not reported its removal in
// time; any other stays as it is. Some connectors remove when they hear that it
// is going and report that; others wait for this, remove then, and report what
// is so already.
func (s *Service) End(ctx context.Context, tx *store.Tx, sub subscription.Subscription) error {
	if sub.Status != subscription.Terminating {
		return nil
	}
	return s.gone(ctx, tx, account.SystemActor(tx.Marketplace()), sub, "Ended; its vendor was given time to remove it")
}
