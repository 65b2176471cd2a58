package vcloud

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// CollectUsage returns what the tenant's servers used in the window: cores
// and memory while they ran, disk while they existed. It is made of the
// servers that exist now and of the history of starts and stops.
func (p *Provider) CollectUsage(ctx context.Context, sub sdk.Subscription, from, to time.Time) (out []sdk.Usage, err error) {
	s, err := complete(sub)
	if err != nil || s.plan.Billing != payAsYouGo {
		return nil, err
	}
	err = p.with(ctx, s, s.cloud, func(w *work) error {
		t, err := w.loadOrg()
		if err != nil || t == nil {
			return err
		}
		out, err = w.usage(t, from.UTC(), to.UTC())
		return err
	})
	return out, err
}

// meters are what was used, in unit-seconds.
type meters struct{ cores, memoryMB, diskMB big.Int }

func (w *work) usage(t *tenant, from, to time.Time) ([]sdk.Usage, error) {
	history, err := w.powerHistory(t, from)
	if err != nil {
		return nil, err
	}
	var total meters
	for _, vdc := range t.vdcs() {
		vms, err := query(w.client, types.QtAdminVm, is("vdc", w.vdcHREF(vdc)), func(r *types.QueryResultRecordsType) []*types.QueryResultVMRecordType {
			return r.AdminVMRecord
		})
		if err != nil {
			return nil, err
		}
		for _, vm := range vms {
			if vm.VAppTemplate || vm.Deleted {
				continue
			}
			if err := total.add(vm, history, from, to); err != nil {
				return nil, sdk.Transient(err, "The cloud told no date of creation of the server %s.", vm.Name)
			}
		}
	}
	window := from.Format(time.RFC3339) + "/" + to.Format(time.RFC3339)
	var out []sdk.Usage
	for _, m := range []struct {
		name    string
		seconds *big.Int
		per     int64
	}{
		{"coreHours", &total.cores, 3600}, {"memoryGbHours", &total.memoryMB, 3600 * mbPerGb}, {"diskGbHours", &total.diskMB, 3600 * mbPerGb},
	} {
		// microseconds to units
		quantity := new(big.Rat).SetFrac(m.seconds, big.NewInt(m.per*1_000_000)).FloatString(6)
		out = append(out, sdk.Usage{EventID: fmt.Sprintf("%d/%s/%s", w.id, m.name, window), Meter: m.name, Quantity: quantity, At: from})
	}
	return out, nil
}

// add counts one server.
func (m *meters) add(vm *types.QueryResultVMRecordType, history []power, from, to time.Time) error {
	born, err := time.Parse(time.RFC3339Nano, vm.DateCreated)
	if err != nil {
		return err
	}
	if born.After(from) {
		from = born
	}
	if !from.Before(to) {
		return nil
	}
	disk, _ := strconv.ParseInt(vm.TotalStorageAllocatedMb, 10, 64)
	m.diskMB.Add(&m.diskMB, product(disk, to.Sub(from)))
	ran := running(vm, history, from, to)
	m.cores.Add(&m.cores, product(int64(vm.Cpus), ran))
	m.memoryMB.Add(&m.memoryMB, product(int64(vm.MemoryMB), ran))
	return nil
}

func product(amount int64, d time.Duration) *big.Int {
	return new(big.Int).Mul(big.NewInt(amount), big.NewInt(d.Microseconds()))
}

// power is a start or a stop of a server or of its whole vApp.
type power struct {
	object string // its identifier
	at     time.Time
	on     bool
}

// powerTasks are the operations after which a server runs or does not. A
// guest that shuts itself down leaves no task; the next record of it as
// powered off does not tell since when.
func powerTasks() map[string]bool {
	return map[string]bool{
		"vappDeploy": true, "vappPowerOn": true,
		"vappPowerOff": false, "vappUndeployPowerOff": false, "vappUndeploySuspend": false, "vappSuspend": false, "vappShutdownGuest": false, "vappUndeploy": false,
	}
}

// powerHistory is the starts and stops since from, latest first.
func (w *work) powerHistory(t *tenant, from time.Time) ([]power, error) {
	filter := is("org", w.cloud.api()+"/org/"+uuid(t.org.AdminOrg.HREF)) + ";status==success;endDate=ge=" + from.Format("2006-01-02T15:04:05.000Z")
	tasks, err := query(w.client, types.QtAdminTask, filter, func(r *types.QueryResultRecordsType) []*types.QueryResultTaskRecordType {
		return r.AdminTaskRecord
	})
	if err != nil {
		return nil, err
	}
	known := powerTasks()
	var out []power
	for _, task := range tasks {
		on, ok := known[task.Name]
		at, err := time.Parse(time.RFC3339Nano, task.EndDate)
		if ok && err == nil {
			out = append(out, power{object: identifier(task.Object), at: at, on: on})
		}
	}
	slices.SortStableFunc(out, func(a, b power) int { return b.at.Compare(a.at) })
	return out, nil
}

// identifier is the UUID at the end of a reference: records name a server as
// ".../vApp/vm-<uuid>".
func identifier(ref string) string {
	const length = 36
	return ref[max(0, len(ref)-length):]
}

// running is how long the server ran in the window: from its state now, back
// through its starts and stops.
func running(vm *types.QueryResultVMRecordType, history []power, from, to time.Time) (ran time.Duration) {
	on, end := vm.Status == "POWERED_ON", to
	own, whole := identifier(vm.HREF), identifier(vm.ContainerID)
	for _, p := range history {
		if p.object != own && p.object != whole {
			continue
		}
		if at := later(p.at, from); on && at.Before(end) {
			ran += end.Sub(at)
		}
		if p.at.Before(end) {
			end = p.at
		}
		on = !p.on
	}
	if on && end.After(from) {
		ran += end.Sub(from)
	}
	return ran
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
