package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fondaco/fondaco/plugins/sdk"
)

func observe(ctx context.Context, r *run) error {
	if err := r.wantState(ctx, r.Subscription, sdk.StateAbsent, "nothing"); err != nil {
		return err
	}
	made, err := r.provision(ctx, "make", r.Subscription)
	if err != nil {
		return err
	}
	sub := r.Subscription
	sub.Resources = made.Resources
	if err := r.wantState(ctx, sub, sdk.StateActive, "Provision"); err != nil {
		return err
	}
	if err := r.deprovision(ctx, r.settle, "remove", sub); err != nil {
		return err
	}
	return r.wantState(ctx, sub, sdk.StateAbsent, "Deprovision")
}

func drift(ctx context.Context, r *run) error {
	made, err := r.provision(ctx, "make", r.Subscription)
	if err != nil {
		return err
	}
	sub, what := r.Subscription, "something was changed from outside"
	sub.Resources = made.Resources
	if r.Tamper == nil {
		sub, what = r.other(sub), "something else was sold than exists"
	} else if err := r.Tamper(ctx, sub); err != nil {
		return fmt.Errorf("tampering with it: %w", err)
	}
	o, err := r.state(ctx, sub)
	if err != nil {
		return err
	}
	if o.State == sdk.StateActive || len(o.Differences) == 0 {
		return fmt.Errorf("%s, and Observe says %q with %d differences", what, o.State, len(o.Differences))
	}
	for _, d := range o.Differences {
		if !slices.Contains([]string{"missing", "extra", "changed"}, d.Kind) || d.Subject == "" {
			return fmt.Errorf("the difference {%q, %q} is not of kind missing, extra or changed with a subject", d.Kind, d.Subject)
		}
	}
	first := o.Differences[0]
	r.remark = fmt.Sprintf("%s: %s %s, want %q, have %q", o.State, first.Kind, first.Subject, first.Want, first.Have)
	return nil
}

func inventory(ctx context.Context, r *run) error {
	sub := r.Subscription
	for _, step := range []struct {
		after string
		do    func() error
		want  int
	}{
		{"nothing", func() error { return nil }, 0},
		{"Provision", func() error { _, err := r.provision(ctx, "make", sub); return err }, 1},
		{"Deprovision", func() error { return r.deprovision(ctx, r.settle, "remove", sub) }, 0},
	} {
		if err := step.do(); err != nil {
			return err
		}
		n, err := r.listed(ctx, sub.ID)
		if err != nil {
			return err
		}
		if n != step.want {
			return fmt.Errorf("after %s the subscription is listed %d times, want %d", step.after, n, step.want)
		}
	}
	return nil
}

func orphan(ctx context.Context, r *run) error {
	if _, err := r.provision(ctx, "make", r.Subscription); err != nil {
		return err
	}
	bare := sdk.Subscription{ID: r.Subscription.ID, Settings: r.Subscription.Settings}
	if err := r.deprovision(ctx, r.settle, "orphan", bare); err != nil {
		return fmt.Errorf("with number and settings alone: %w", err)
	}
	return r.wantThere(ctx, r.Subscription, false, "the orphan's removal")
}

func own(ctx context.Context, r *run) error {
	mine, theirs := r.Subscription, r.neighbour()
	made, err := r.provision(ctx, "make", mine)
	if err != nil {
		return err
	}
	foreign, err := r.provision(ctx, "make", theirs)
	if err != nil {
		return err
	}
	if err := distinct("Provision", made.Resources, foreign.Resources); err != nil {
		return err
	}
	if err := distinctSecrets(made, foreign); err != nil {
		return err
	}
	if err := r.ownObserved(ctx, mine, foreign.Resources); err != nil {
		return err
	}
	if err := r.ownListed(ctx, theirs.ID, made.Resources); err != nil {
		return err
	}
	if err := r.deprovision(ctx, r.settle, "remove", theirs); err != nil {
		return err
	}
	if err := r.wantThere(ctx, mine, true, "the removal of another subscription"); err != nil {
		return fmt.Errorf("it harms its neighbour: %w", err)
	}
	return nil
}

func (r *run) ownObserved(ctx context.Context, sub sdk.Subscription, foreign []sdk.Resource) error {
	if !slices.Contains(r.description.Abilities, sdk.CanObserve) {
		return nil
	}
	o, err := r.state(ctx, sub)
	if err != nil {
		return err
	}
	return distinct("Observe", o.Resources, foreign)
}

func (r *run) ownListed(ctx context.Context, id int64, foreign []sdk.Resource) error {
	if !slices.Contains(r.description.Abilities, sdk.CanInventory) {
		return nil
	}
	all, err := r.Provider.Inventory(ctx, r.Subscription.Settings)
	if err != nil {
		return fmt.Errorf("Inventory: %w", err)
	}
	for _, o := range all {
		if o.SubscriptionID == id {
			return distinct("Inventory", o.Resources, foreign)
		}
	}
	return nil
}

func distinct(call string, mine, foreign []sdk.Resource) error {
	for _, m := range mine {
		if slices.ContainsFunc(foreign, func(f sdk.Resource) bool { return f.Kind == m.Kind && f.ID == m.ID }) {
			return fmt.Errorf("%s returned the %s %s (%s) for two subscriptions", call, m.Kind, m.ID, m.Name)
		}
	}
	return nil
}

func distinctSecrets(mine, foreign sdk.Result) error {
	for _, m := range mine.Credentials {
		if m.Secret && slices.ContainsFunc(foreign.Credentials, func(f sdk.Credential) bool { return f.Value == m.Value }) {
			return errors.New("two subscriptions have the same secret " + m.Name)
		}
	}
	return nil
}
