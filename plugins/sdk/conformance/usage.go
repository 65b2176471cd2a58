package conformance

import (
	"context"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// usage collects a window as a whole and hour by hour.
func usage(ctx context.Context, r *run) error {
	made, err := r.provision(ctx, "make", r.Subscription)
	if err != nil {
		return err
	}
	sub := r.Subscription
	sub.Resources = made.Resources
	to := time.Now().UTC().Truncate(time.Hour)
	from := to.Add(-4 * time.Hour)
	if r.Use != nil {
		if from, to, err = r.Use(ctx, sub); err != nil {
			return fmt.Errorf("making usage: %w", err)
		}
		if to.Sub(from) < 2*time.Hour || !from.Truncate(time.Hour).Equal(from) || !to.Truncate(time.Hour).Equal(to) {
			return fmt.Errorf("the way to make usage gave the window %v to %v, not two or more whole hours", from, to)
		}
	}
	whole, err := r.collect(ctx, sub, from, to)
	if err != nil {
		return err
	}
	parts, windows, err := r.collectHours(ctx, sub, from, to)
	if err != nil {
		return err
	}
	if err := sameSums(whole, parts, windows); err != nil {
		return err
	}
	if len(whole) == 0 {
		r.remark = "nothing was used in the window; a way to make usage would show more"
		return errNothingToJudge
	}
	r.remark = fmt.Sprintf("%d events in %d windows", len(parts), windows)
	return nil
}

func (r *run) collectHours(ctx context.Context, sub sdk.Subscription, from, to time.Time) (all []sdk.Usage, windows int, err error) {
	ids := map[string]bool{}
	for ; from.Before(to); from = from.Add(time.Hour) {
		window, err := r.collect(ctx, sub, from, from.Add(time.Hour))
		if err != nil {
			return nil, 0, err
		}
		for _, u := range window {
			if ids[u.EventID] {
				return nil, 0, fmt.Errorf("the event %q is in two windows", u.EventID)
			}
			ids[u.EventID] = true
		}
		all, windows = append(all, window...), windows+1
	}
	return all, windows, nil
}

// collect asks for a window twice, which changes nothing.
func (r *run) collect(ctx context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	var tries [2][]sdk.Usage
	for i := range tries {
		err := r.settle(ctx, func(ctx context.Context) (err error) {
			tries[i], err = r.Provider.CollectUsage(ctx, sub, from, to)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("CollectUsage: %w", err)
		}
		slices.SortFunc(tries[i], func(a, b sdk.Usage) int { return strings.Compare(a.EventID, b.EventID) })
	}
	window := from.Format(time.RFC3339) + " to " + to.Format(time.RFC3339)
	if !reflect.DeepEqual(tries[0], tries[1]) {
		return nil, fmt.Errorf("the window %s, asked for twice, gave %v, then %v", window, tries[0], tries[1])
	}
	ids := map[string]bool{}
	for _, u := range tries[0] {
		switch {
		case u.EventID == "" || ids[u.EventID]:
			return nil, fmt.Errorf("the event id %q in the window %s is empty or not unique", u.EventID, window)
		case u.At.Before(from) || !u.At.Before(to):
			return nil, fmt.Errorf("the event %q is of %s, outside the window %s", u.EventID, u.At.Format(time.RFC3339), window)
		case !slices.ContainsFunc(r.description.Meters, func(m sdk.Meter) bool { return m.Name == u.Meter }):
			return nil, fmt.Errorf("the event %q is of the meter %q, which the plugin does not describe", u.EventID, u.Meter)
		}
		ids[u.EventID] = true
	}
	return tries[0], nil
}

// rounding is what each quantity may be off by: six decimals are kept.
func rounding(windows int) *big.Rat { return big.NewRat(int64(windows), 1_000_000) }

func sameSums(whole, parts []sdk.Usage, windows int) error {
	want, err := sums(whole)
	if err != nil {
		return err
	}
	have, err := sums(parts)
	if err != nil {
		return err
	}
	for _, usage := range [][]sdk.Usage{whole, parts} {
		for _, u := range usage {
			w, h := orZero(want[u.Meter]), orZero(have[u.Meter])
			off := new(big.Rat).Sub(w, h)
			if off.Abs(off).Cmp(rounding(windows)) > 0 {
				return fmt.Errorf("of %s the whole window has %s and its %d hours together have %s", u.Meter, w.FloatString(6), windows, h.FloatString(6))
			}
		}
	}
	return nil
}

func sums(usage []sdk.Usage) (map[string]*big.Rat, error) {
	all := map[string]*big.Rat{}
	for _, u := range usage {
		q, ok := new(big.Rat).SetString(u.Quantity)
		if !ok || q.Sign() < 0 {
			return nil, fmt.Errorf("the quantity %q of the event %q is no decimal, or is negative", u.Quantity, u.EventID)
		}
		all[u.Meter] = q.Add(q, orZero(all[u.Meter]))
	}
	return all, nil
}

func orZero(r *big.Rat) *big.Rat {
	if r == nil {
		return new(big.Rat)
	}
	return r
}
