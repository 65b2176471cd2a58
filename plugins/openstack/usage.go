package openstack

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// The meters.
const (
	coreHours     = "coreHours"
	memoryGBHours = "memoryGbHours"
	diskGBHours   = "diskGbHours"
	ipHours       = "ipHours"
)

func meters() []string { return []string{coreHours, memoryGBHours, diskGBHours, ipHours} }

// record is something that was there for a while.
type record struct {
	id    string
	from  time.Time
	to    time.Time           // zero: still there
	rates map[string]*big.Rat // per hour, by meter
}

// window is a half-open span of time.
type window struct{ from, to time.Time }

// CollectUsage returns what a pay-as-you-go tenant used in [from, to), one
// entry a meter. A window that has not ended yet counts up to the cloud's own
// now. Prepaid tenants are not metered.
func (p *Provider) CollectUsage(ctx context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	s, err := complete(sub)
	if err != nil {
		return nil, err
	}
	if s.plan.Billing != payAsYouGo || !from.Before(to) {
		return nil, nil
	}
	w, err := p.begin(ctx, s)
	if err != nil {
		return nil, err
	}
	id, err := w.meteredProject(ctx)
	if err != nil || id == "" {
		return nil, err
	}
	r, err := w.seller()
	if err != nil {
		return nil, err
	}
	records, cut, err := r.records(ctx, id, window{from.UTC(), to.UTC()})
	if err != nil {
		return nil, err
	}
	return usages(s.id, window{from.UTC(), to.UTC()}, cut, records), nil
}

// meteredProject is the id of the tenant's project, also of one that was
// deleted behind our back: Nova knows what ran in it. "" when there is none.
func (w *work) meteredProject(ctx context.Context) (string, error) {
	p, err := w.loadProject(ctx)
	if err != nil || p != nil {
		return idOf(p), err
	}
	for _, r := range w.resources {
		if r.Kind == "project" {
			return r.ID, nil
		}
	}
	return "", nil
}

func idOf(p *project) string {
	if p == nil {
		return ""
	}
	return p.ID
}

// records are all that was there in the window, and the window cut at the
// cloud's now.
func (r *region) records(ctx context.Context, project string, w window) ([]record, window, error) {
	servers, cut, err := r.servers(ctx, project, w)
	if err != nil {
		return nil, w, err
	}
	volumes, err := r.timed(ctx, at("volumes", volume, "", "volumes/detail?all_tenants=1&project_id={project}", "volumes", "os-vol-tenant-attr:tenant_id"), project, diskGBHours, "size")
	if err != nil {
		return nil, w, err
	}
	ips, err := r.timed(ctx, neutron("floating IPs", "floatingips", "floatingips"), project, ipHours, "")
	if err != nil {
		return nil, w, err
	}
	all := slices.Concat(servers, volumes, ips)
	if !r.offers(metric) || r.config.Gnocchi == "off" {
		return all, cut, nil
	}
	all, err = r.measured(ctx, project, cut, all)
	return all, cut, err
}

// servers asks Nova's simple tenant usage, which knows deleted servers, too.
// Nova says up to when it counted; with nothing to count it says nothing, and
// the answer's date must do.
func (r *region) servers(ctx context.Context, project string, w window) ([]record, window, error) {
	const format = "2006-01-02T15:04:05.000000"
	address := fmt.Sprintf("os-simple-tenant-usage/%s?start=%s&end=%s", project, w.from.Format(format), w.to.Format(format))
	var answer struct {
		Usage struct {
			Stop    stamp `json:"stop"`
			Servers []struct {
				ID       string      `json:"instance_id"`
				VCPUs    json.Number `json:"vcpus"`
				MemoryMB json.Number `json:"memory_mb"`
				LocalGB  json.Number `json:"local_gb"`
				Started  stamp       `json:"started_at"`
				Ended    stamp       `json:"ended_at"`
			} `json:"server_usages"`
		} `json:"tenant_usage"`
	}
	head, err := r.apis[compute].get(ctx, address, &answer)
	if err != nil {
		return nil, w, r.wrap(err, "reading the usage of servers")
	}
	now := time.Time(answer.Usage.Stop)
	if date, err := http.ParseTime(head.Header.Get("Date")); err == nil && now.IsZero() {
		now = date
	}
	if !now.IsZero() && now.Before(w.to) {
		w.to = now
	}
	var out []record
	for _, s := range answer.Usage.Servers {
		out = append(out, record{s.ID, time.Time(s.Started), time.Time(s.Ended), serverRates(s.VCPUs, s.MemoryMB, s.LocalGB)})
	}
	return out, w, r.dropVolumeRoots(ctx, project, w.from, out)
}

// dropVolumeRoots takes the root disk off servers that boot from a volume:
// Nova counts the flavor's, which is not there, and the volume counts itself.
// Servers that were deleted in the window are looked for, too.
func (r *region) dropVolumeRoots(ctx context.Context, project string, from time.Time, records []record) error {
	if !slices.ContainsFunc(records, func(rec record) bool { return rec.rates[diskGBHours].Sign() > 0 }) {
		return nil
	}
	deleted := serverKind()
	deleted.list += "&deleted=true&changes-since=" + query(from.Format(time.RFC3339))
	for _, k := range []kind{serverKind(), deleted} {
		servers, err := r.owned(ctx, k, project)
		if err != nil {
			return err
		}
		for _, s := range servers {
			i := slices.IndexFunc(records, func(rec record) bool { return rec.id == s.id() })
			if i >= 0 && s["image"] == "" {
				records[i].rates[diskGBHours] = new(big.Rat)
			}
		}
	}
	return nil
}

func serverRates(vcpus, memoryMB, localGB json.Number) map[string]*big.Rat {
	return map[string]*big.Rat{
		coreHours: ratOf(vcpus), memoryGBHours: new(big.Rat).Quo(ratOf(memoryMB), big.NewRat(mbPerGB, 1)), diskGBHours: ratOf(localGB),
	}
}

func ratOf(n json.Number) *big.Rat {
	if out, ok := new(big.Rat).SetString(n.String()); ok {
		return out
	}
	return new(big.Rat)
}

// timed lists what has created_at, at a rate of the field, or of one.
func (r *region) timed(ctx context.Context, k kind, project, meter, field string) ([]record, error) {
	things, err := r.owned(ctx, k, project)
	if err != nil {
		return nil, err
	}
	var out []record
	for _, o := range things {
		from, err := parseStamp(o.text("created_at"))
		if err != nil || from.IsZero() {
			return nil, r.unreadable("reading when %s were made", k.name)
		}
		rate := big.NewRat(1, 1)
		if field != "" {
			rate = ratOf(json.Number(fmt.Sprint(o[field])))
		}
		out = append(out, record{o.id(), from, time.Time{}, map[string]*big.Rat{meter: rate}})
	}
	return out, nil
}

// usages adds the records up.
func usages(subscription int64, whole, cut window, records []record) []sdk.Usage {
	sums := map[string]*big.Rat{}
	for _, meter := range meters() {
		sums[meter] = new(big.Rat)
	}
	for _, rec := range records {
		hours := cut.hours(rec)
		for meter, rate := range rec.rates {
			sums[meter].Add(sums[meter], new(big.Rat).Mul(hours, rate))
		}
	}
	var out []sdk.Usage
	for _, meter := range meters() {
		if quantity := decimal(sums[meter]); quantity != "0" {
			id := fmt.Sprintf("%d/%s/%s/%s", subscription, meter, whole.from.Format(time.RFC3339), whole.to.Format(time.RFC3339))
			out = append(out, sdk.Usage{EventID: id, Meter: meter, Quantity: quantity, At: whole.from})
		}
	}
	return out
}

// hours is how long the record was there in the window, exactly.
func (w window) hours(r record) *big.Rat {
	from, to := w.from, w.to
	if r.from.After(from) {
		from = r.from
	}
	if !r.to.IsZero() && r.to.Before(to) {
		to = r.to
	}
	if r.from.IsZero() || !from.Before(to) { // a server that never started
		return new(big.Rat)
	}
	return big.NewRat(to.Sub(from).Microseconds(), time.Hour.Microseconds())
}

// decimal is r with at most six decimals, rounded half up.
func decimal(r *big.Rat) string {
	text := r.FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// stamp is a time as the services write it: with or without a fraction, with
// or without a zone, always UTC; null is the zero time.
type stamp time.Time

// UnmarshalJSON reads it.
func (s *stamp) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	t, err := parseStamp(text)
	*s = stamp(t)
	return err
}

func parseStamp(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	return time.Parse("2006-01-02T15:04:05.999999", strings.Replace(text, " ", "T", 1))
}
