package vcloud

import (
	"context"
	"fmt"
	"math"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// validateChange looks whether what exists can become what is wanted.
func (p *Provider) validateChange(ctx context.Context, s sale, current sdk.Subscription) ([]sdk.Problem, error) {
	old, err := complete(current)
	if err != nil {
		return nil, err
	}
	var found document.Problems
	found.That(old.plan.Billing == s.plan.Billing, "plan.billing", "%s", billingStays)
	found.That(old.plan.Cloud == s.plan.Cloud, "plan.cloud", "A subscription cannot move to another cloud; take a new one there and cancel this one.")
	if len(found) > 0 {
		return found, nil
	}
	err = p.with(ctx, s, s.cloud, func(w *work) error {
		t, err := w.load()
		if err == nil && t != nil {
			found = w.refusals(t)
		}
		return err
	})
	return found, err
}

const billingStays = "An active subscription stays prepaid or pay-as-you-go: what was paid in advance cannot become measured use, nor the other way round. Take a new subscription and cancel this one."

// refusals are the reasons why what exists cannot become what is wanted.
func (w *work) refusals(t *tenant) document.Problems {
	var p document.Problems
	p.That(t.marks.billing == w.plan.Billing, "plan.billing", "%s", billingStays)
	if t.vdc == nil || t.vdc.AdminVdc.Status < 0 {
		return p
	}
	p.That(t.vdc.AdminVdc.AllocationModel == w.model(), "plan.allocationModel", "The virtual data centre has the allocation model %s, which cannot change.", t.vdc.AdminVdc.AllocationModel)
	used, want, have := w.used(t).named(), w.want().named(), w.have(t).named()
	for i, u := range used {
		limit, now := effective(u.name, want[i].value()), effective(u.name, have[i].value())
		// A limit that does not sink takes nothing away, whatever was done
		// behind our back.
		p.That(limit >= u.value() || limit >= now, w.field(u.name), "%s", belowUse(u.name, u.value(), have[i].value()))
	}
	if n := routedNetworks(t.edge); n > 0 && w.want().ips == 0 {
		p.That(false, "parameters.ips", "%d %s to the addresses; remove them first or choose at least 1.", n, plural(n, "network is connected", "networks are connected"))
	}
	return p
}

// effective is a limit as it compares with others: 0 is none, but of addresses.
func effective(name string, n int64) int64 {
	if n == 0 && name != "ips" {
		return math.MaxInt64
	}
	return n
}

// field is where the amount is chosen.
func (s sale) field(name string) string {
	if s.plan.Billing == payAsYouGo && name != "ips" {
		return "plan.limits." + name
	}
	return "parameters." + name
}

func belowUse(name string, used, of int64) string {
	units := map[string]string{"cores": "cores", "memoryGb": "GB of memory", "diskGb": "GB of disk", "ips": "addresses"}
	remedy := map[string]string{"cores": "stop or delete servers", "memoryGb": "stop or delete servers", "diskGb": "delete disks or servers", "ips": "release addresses"}
	limit := ""
	if of > 0 {
		limit = fmt.Sprintf(" of the %d", of)
	}
	return fmt.Sprintf("%d%s %s are in use; %s first or choose at least %d.", used, limit, units[name], remedy[name], used)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// have is what the tenant has, in whole units.
func (w *work) have(t *tenant) amounts {
	compute := t.compute()
	have := amounts{cores: ceil(compute.CPU.Limit, w.cloud.CPUSpeedMhz), memoryGb: ceil(compute.Memory.Limit, mbPerGb), ips: addresses(t.edge)}
	if t.storage != nil {
		have.diskGb = ceil(t.storage.Limit, mbPerGb)
	}
	return have
}
