package payment

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
)

// settleArgs name a payment that may have been left pending.
type settleArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	PaymentID     int64 `json:"paymentId"`
}

// Kind names the job.
func (settleArgs) Kind() string { return "payment.settle" }

// Scope is the payment's marketplace.
func (a settleArgs) Scope() int64 { return a.MarketplaceID }

func (s *Service) settleJob(ctx context.Context, job jobs.Job[settleArgs]) error {
	return s.Settle(ctx, job.Args.MarketplaceID, job.Args.PaymentID)
}

// Settle ends a payment that a crash or a silent gateway left pending: with
// the gateway's answer if it was asked, as abandoned if it never was. It must
// not run while the request that began the payment can still be charging. A
// payment that has ended is left as it is; an error means to try again.
func (s *Service) Settle(ctx context.Context, marketplace, paymentID int64) error {
	var p Payment
	err := s.cfg.DB.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		p, err = paymentByID(ctx, tx, paymentID, "")
		return err
	})
	if err != nil || p.Status != Pending {
		return err
	}
	charge, found, err := s.cfg.Gateway.Lookup(ctx, key(marketplace, paymentID))
	if err != nil {
		return fmt.Errorf("look up payment %d: %w", paymentID, err)
	}
	system := account.SystemActor(marketplace)
	if found {
		_, err = s.finish(ctx, system, paymentID, charge)
	} else {
		_, err = s.end(ctx, system, paymentID, Abandoned, "", "The payment did not reach the payment gateway; nothing was charged. Please pay again.")
	}
	return err
}
