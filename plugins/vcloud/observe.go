package vcloud

import (
	"context"
	"strconv"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// The kinds of differences.
const (
	isMissing = "missing"
	isExtra   = "extra"
	isChanged = "changed"
)

// differences collects what is not as sold.
type differences []sdk.Difference

func (d *differences) add(kind, subject, want, have string) {
	*d = append(*d, sdk.Difference{Kind: kind, Subject: subject, Want: want, Have: have})
}

func (d *differences) number(subject string, want, have int64) {
	if want != have {
		d.add(isChanged, subject, strconv.FormatInt(want, 10), strconv.FormatInt(have, 10))
	}
}

// Observe says what the cloud really has for the subscription and how that
// differs from what was sold.
func (p *Provider) Observe(ctx context.Context, sub sdk.Subscription) (out sdk.Observation, err error) {
	s, err := complete(sub)
	if err != nil {
		return sdk.Observation{}, err
	}
	err = p.with(ctx, s, s.cloud, func(w *work) error {
		t, err := w.load()
		if err == nil {
			out = w.observe(t)
		}
		return err
	})
	return out, err
}

func (w *work) observe(t *tenant) sdk.Observation {
	var d differences
	if t == nil {
		d.add(isMissing, "organization", w.orgName(), "")
		return sdk.Observation{State: sdk.StateAbsent, Differences: d}
	}
	if t.vdc == nil {
		d.add(isMissing, "VDC", w.orgName(), "")
	} else {
		w.compare(&d, t)
	}
	if t.user() == nil {
		d.add(isMissing, "administrator", adminUser, "")
	}
	for _, name := range t.others {
		d.add(isExtra, "VDC "+name, "", name)
	}
	state := sdk.StateActive
	if len(d) > 0 {
		state = sdk.StatePartial
	}
	if !t.org.AdminOrg.IsEnabled {
		state = sdk.StateSuspended
	}
	if t.marks.removing {
		d.add(isChanged, "organization", "in use", "half removed")
		state = sdk.StatePartial
	}
	return sdk.Observation{State: state, Resources: w.resources(t), Differences: d}
}

// compare tells differences of bought amounts by the parameter's name in
// whole units, all others by their own names.
func (w *work) compare(d *differences, t *tenant) {
	have := w.have(t).named()
	told := map[string]bool{}
	for i, want := range w.want().named() {
		subject := want.name
		if w.plan.Billing == payAsYouGo && want.name != "ips" {
			subject = "limit of " + want.name
		}
		told[want.name] = want.value() != have[i].value()
		d.number(subject, want.value(), have[i].value())
	}
	covered := map[string]string{
		"CPU limit in MHz": "cores", "CPU allocation in MHz": "cores", "memory limit in MB": "memoryGb", "memory allocation in MB": "memoryGb",
	}
	for _, c := range w.vdcChanges(t) {
		if !told[covered[c.field]] {
			d.number(c.field, c.want, c.have)
		}
	}
	if t.storage == nil {
		d.add(isMissing, "storage profile", w.cloud.StorageProfile, "")
	} else if !told["diskGb"] {
		d.number("disk limit in MB", w.want().diskGb*mbPerGb, t.storage.Limit)
	}
	if model := t.vdc.AdminVdc.AllocationModel; model != w.model() {
		d.add(isChanged, "allocation model", w.model(), model)
	}
	if t.vdc.AdminVdc.IsEnabled != t.org.AdminOrg.IsEnabled {
		d.add(isChanged, "VDC", enabled(t.org.AdminOrg.IsEnabled), enabled(t.vdc.AdminVdc.IsEnabled))
	}
}

func enabled(on bool) string {
	if on {
		return "enabled"
	}
	return "disabled"
}
