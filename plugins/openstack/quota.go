package openstack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// mbPerGB is what Nova counts memory in.
const mbPerGB = 1024

// quota is one limit that a tenant has.
type quota struct {
	service, name string // "compute", "ram"
	limit         int64
	amount        amount // what it is the limit of, when that is sold
	setting       string // its name in the settings, when it is not
}

// level is what a cloud says of one quota.
type level struct{ limit, inUse int64 }

// levels are a region's quotas by service and name.
type levels map[string]map[string]level

// list is the quotas that are not sold, with the defaults that hold when the
// settings say nothing: enough for what is sold to be used, few enough that a
// tenant cannot fill a cloud's database. Backups take disk that nobody bought.
func (d dependents) list() []quota {
	at := func(service, name, setting string, value *int64, otherwise int64) quota {
		if value != nil {
			otherwise = *value
		}
		return quota{service: service, name: name, setting: setting, limit: otherwise}
	}
	return []quota{
		at(compute, "instances", "instances", d.Instances, 100), at(compute, "key_pairs", "keypairs", d.Keypairs, 100),
		at(compute, "server_groups", "serverGroups", d.ServerGroups, 20),
		at(volume, "volumes", "volumes", d.Volumes, 100), at(volume, "snapshots", "snapshots", d.Snapshots, 100),
		at(volume, "backups", "backups", d.Backups, 0), at(volume, "backup_gigabytes", "backupGb", d.BackupGB, 0),
		at(network, "network", "networks", d.Networks, 10), at(network, "subnet", "subnets", d.Subnets, 20),
		at(network, "router", "routers", d.Routers, 5), at(network, "port", "ports", d.Ports, 500),
		at(network, "security_group", "securityGroups", d.SecurityGroups, 50),
		at(network, "security_group_rule", "securityGroupRules", d.SecurityGroupRules, 500),
	}
}

// quotas are what the sale's tenant has in its region.
func (s sale) quotas() []quota {
	limits := s.bought
	if s.plan.Billing == payAsYouGo {
		limits = s.plan.Limits
	}
	out := s.cloud.Quotas.list()
	for i, a := range limits.list() {
		service := []string{compute, compute, volume, network}[i]
		name := []string{"cores", "ram", "gigabytes", "floatingip"}[i]
		q := quota{service: service, name: name, amount: a, limit: unlimited}
		if a.value != nil {
			q.limit = *a.value * q.unit()
		}
		out = append(out, q)
	}
	return out
}

// closed are the quotas of the regions that the tenant has not bought.
func (s sale) closed() []quota {
	out := s.quotas()
	for i := range out {
		out[i].limit = 0
	}
	return out
}

// unit is how much of the quota's own counting one of what is sold is.
func (q quota) unit() int64 {
	if q.amount.name == "memoryGb" {
		return mbPerGB
	}
	return 1
}

// sold tells whether it is what customers buy.
func (q quota) sold() bool { return q.amount.name != "" }

// wanted is the limit to set: as sold, and for what is not sold never below
// what is there already, which a cloud would refuse.
func (q quota) wanted(have level) int64 {
	if !q.sold() && q.limit != unlimited {
		return max(q.limit, have.inUse)
	}
	return q.limit
}

// refusal says why the tenant cannot have so little, "" when it can.
func (q quota) refusal(have level) string {
	if q.limit == unlimited || have.inUse <= q.limit {
		return ""
	}
	of := ""
	if have.limit != unlimited {
		of = "of the " + inUnits(have.limit, q.unit()) + " "
	}
	least := (have.inUse + q.unit() - 1) / q.unit()
	return fmt.Sprintf("%s %s%s are in use; delete %s first or choose at least %d.", inUnits(have.inUse, q.unit()), of, q.amount.unit, q.users(), least)
}

// users is what a tenant deletes to need less.
func (q quota) users() string {
	return map[string]string{compute: "servers", volume: "volumes or snapshots", network: "floating IPs"}[q.service]
}

// inUnits is n in units, with as many decimals as it takes: "4.5".
func inUnits(n, unit int64) string {
	return strconv.FormatFloat(float64(n)/float64(unit), 'f', -1, 64)
}

// refused is the error for limits below what is in use, nil when there is none.
func refused(want []quota, have levels) error {
	var out []string
	for _, q := range want {
		if !q.sold() {
			continue
		}
		if why := q.refusal(have[q.service][q.name]); why != "" {
			out = append(out, why)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return sdk.Permanent("%s", strings.Join(out, " "))
}

// quotaForm is how a service speaks of quotas: Nova and Cinder alike, Neutron
// in its own way.
type quotaForm struct{ read, write, key, used string }

func quotaForms() map[string]quotaForm {
	return map[string]quotaForm{
		compute: {"os-quota-sets/%s/detail", "os-quota-sets/%s", "quota_set", "in_use"},
		volume:  {"os-quota-sets/%s?usage=true", "os-quota-sets/%s", "quota_set", "in_use"},
		network: {"v2.0/quotas/%s/details.json", "v2.0/quotas/%s", "quota", "used"},
	}
}

// quotaServices are the services with quotas, in the order they are asked.
func quotaServices() []string { return []string{compute, volume, network} }

// readQuotas reads a project's quotas in the region.
func (r *region) readQuotas(ctx context.Context, project string) (levels, error) {
	out := levels{}
	for _, service := range quotaServices() {
		form := quotaForms()[service]
		var answer map[string]map[string]json.RawMessage
		if err := r.get(ctx, service, fmt.Sprintf(form.read, project), &answer); err != nil {
			return nil, r.wrap(err, "reading the %s quotas", service)
		}
		if answer[form.key] == nil {
			return nil, r.unreadable("reading the %s quotas", service)
		}
		out[service] = map[string]level{}
		for name, raw := range answer[form.key] {
			var numbers map[string]int64
			if json.Unmarshal(raw, &numbers) == nil {
				out[service][name] = level{numbers["limit"], numbers[form.used] + numbers["reserved"]}
			}
		}
	}
	return out, nil
}

// writeQuotas sets those that differ. What a cloud does not know (an extension
// that is not there) has no quota; of what is sold that is an error.
func (r *region) writeQuotas(ctx context.Context, project string, want []quota, have levels) error {
	for _, service := range quotaServices() {
		change := map[string]int64{}
		for _, q := range want {
			if q.service != service {
				continue
			}
			now, known := have[service][q.name]
			if !known && q.sold() && q.limit > 0 {
				return sdk.Permanent("%s does not offer %s.", r.place(), q.amount.unit)
			}
			if known && now.limit != q.wanted(now) {
				change[q.name] = q.wanted(now)
			}
		}
		if len(change) == 0 {
			continue
		}
		if err := r.putQuotas(ctx, service, project, change); err != nil {
			return err
		}
	}
	return nil
}

// putQuotas sets quotas and makes sure that they hold: a cloud whose limits
// are kept elsewhere (unified limits) takes them and changes nothing.
func (r *region) putQuotas(ctx context.Context, service, project string, change map[string]int64) error {
	form := quotaForms()[service]
	var answer map[string]map[string]any
	err := r.put(ctx, service, fmt.Sprintf(form.write, project), map[string]any{form.key: change}, &answer)
	if err != nil {
		return r.wrap(err, "setting the %s quotas", service)
	}
	for _, name := range sortedKeys(change) {
		if got := fmt.Sprint(answer[form.key][name]); got != strconv.FormatInt(change[name], 10) {
			return sdk.Permanent("%s was told that the quota %s is %d, and says it is %s. Are its limits kept elsewhere?", r.place(), name, change[name], got)
		}
	}
	return nil
}

// dropQuotas forgets the project's quotas.
func (r *region) dropQuotas(ctx context.Context, project string) error {
	for _, service := range quotaServices() {
		if !r.offers(service) {
			continue
		}
		err := r.delete(ctx, service, fmt.Sprintf(quotaForms()[service].write, project))
		if _, refuses := asBusy(err); err != nil && !isGone(err) && !refuses { // a project that is gone is refused
			return r.wrap(err, "forgetting the %s quotas", service)
		}
	}
	return nil
}

// differences compares quotas with the sale.
func (s sale) quotaDifferences(have levels) []sdk.Difference {
	var out []sdk.Difference
	for _, q := range s.quotas() {
		now, known := have[q.service][q.name]
		if !known || now.limit == q.wanted(now) {
			continue
		}
		subject, want, got := "quota "+q.setting, q.wanted(now), now.limit
		if q.sold() {
			subject, want, got = q.amount.name, whole(q.limit, q.unit(), q.limit), whole(now.limit, q.unit(), q.limit)
		}
		out = append(out, sdk.Difference{Kind: "changed", Subject: subject, Want: strconv.FormatInt(want, 10), Have: strconv.FormatInt(got, 10)})
	}
	slices.SortFunc(out, func(a, b sdk.Difference) int { return strings.Compare(a.Subject, b.Subject) })
	return out
}

// whole is n in whole units, away from want where it lies between two, so
// that a difference shows.
func whole(n, unit, want int64) int64 {
	if n == unlimited {
		return unlimited
	}
	if n > want && want != unlimited {
		return (n + unit - 1) / unit
	}
	return n / unit
}
