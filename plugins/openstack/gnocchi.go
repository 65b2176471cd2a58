package openstack

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"time"
)

// measure is what Gnocchi keeps of one meter: a metric of a resource type, in
// units of which one of the meter's has so many.
type measure struct {
	meter, metric string
	unit          int64
}

// measures are those that Ceilometer writes, by Gnocchi's resource type.
func measures() map[string][]measure {
	return map[string][]measure{
		"instance": {{coreHours, "vcpus", 1}, {memoryGBHours, "memory", mbPerGB}, {diskGBHours, "disk.root.size", 1}},
		"volume":   {{diskGBHours, "volume.size", 1}},
		"network":  {{ipHours, "ip.floating", 1}},
	}
}

// measuredResource is one of Gnocchi's resources.
type measuredResource struct {
	ID        string            `json:"id"`
	Original  string            `json:"original_resource_id"`
	Project   string            `json:"project_id"`
	CreatedBy string            `json:"created_by_project_id"`
	Started   stamp             `json:"started_at"`
	Ended     stamp             `json:"ended_at"`
	Metrics   map[string]string `json:"metrics"`
}

// measured completes the services' records with Gnocchi's: what the services
// have forgotten (a volume or an address that was deleted), and the mean of
// what changed its size under way. A cloud without measures of the project
// keeps the records as they are.
func (r *region) measured(ctx context.Context, project string, w window, have []record) ([]record, error) {
	out := slices.Clone(have)
	for _, kind := range sortedKeys(measures()) {
		var found []measuredResource
		err := r.apis[metric].post(ctx, "v1/search/resource/"+kind, map[string]any{"=": map[string]string{"project_id": project}}, &found)
		if isGone(err) {
			continue // the cloud does not measure this
		}
		if err != nil {
			return nil, r.wrap(err, "asking for measured resources")
		}
		for _, m := range found {
			// A tenant may write measures, too. Those are not to be billed by.
			if m.Project != project || m.CreatedBy == project || time.Time(m.Started).IsZero() {
				continue
			}
			if out, err = r.measure(ctx, kind, m, w, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// measure corrects or adds the record of one resource.
func (r *region) measure(ctx context.Context, kind string, m measuredResource, w window, records []record) ([]record, error) {
	i := slices.IndexFunc(records, func(rec record) bool { return rec.id == m.ID || rec.id == m.Original })
	rates, last, err := r.rates(ctx, kind, m, w)
	if err != nil || len(rates) == 0 {
		return records, err
	}
	if i >= 0 {
		for meter, rate := range rates {
			records[i].rates[meter] = rate
		}
		return records, nil
	}
	end := time.Time(m.Ended)
	if end.IsZero() {
		end = last // it is gone, and the last measure is the last that is known of it
	}
	return append(records, record{m.ID, time.Time(m.Started), end, rates}), nil
}

// rates are the means of a resource's measures in the window, and the end of
// the last measure.
func (r *region) rates(ctx context.Context, kind string, m measuredResource, w window) (map[string]*big.Rat, time.Time, error) {
	out, last := map[string]*big.Rat{}, time.Time{}
	for _, what := range measures()[kind] {
		id := m.Metrics[what.metric]
		if id == "" {
			continue
		}
		values, end, err := r.values(ctx, id, w)
		if err != nil {
			return nil, last, err
		}
		if len(values) == 0 {
			continue
		}
		sum := new(big.Rat)
		for _, v := range values {
			sum.Add(sum, v)
		}
		out[what.meter] = sum.Quo(sum, big.NewRat(int64(len(values))*what.unit, 1))
		if end.After(last) {
			last = end
		}
	}
	return out, last, nil
}

// values are a metric's in the window at its finest granularity.
func (r *region) values(ctx context.Context, id string, w window) ([]*big.Rat, time.Time, error) {
	const format = "2006-01-02T15:04:05"
	var rows [][3]any
	address := fmt.Sprintf("v1/metric/%s/measures?aggregation=mean&start=%s&stop=%s", segment(id), url.QueryEscape(w.from.Format(format)), url.QueryEscape(w.to.Format(format)))
	if err := r.get(ctx, metric, address, &rows); isGone(err) {
		return nil, time.Time{}, nil
	} else if err != nil {
		return nil, time.Time{}, r.wrap(err, "reading measures")
	}
	var out []*big.Rat
	var end time.Time
	finest := new(big.Rat)
	for _, row := range rows {
		step := ratOf(json.Number(fmt.Sprint(row[1])))
		began, err := parseStamp(fmt.Sprint(row[0]))
		if err != nil {
			return nil, end, r.unreadable("reading measures")
		}
		if len(out) > 0 && step.Cmp(finest) > 0 {
			continue
		}
		if step.Cmp(finest) != 0 {
			out, finest = nil, step
		}
		seconds, _ := step.Float64()
		out, end = append(out, ratOf(json.Number(fmt.Sprint(row[2])))), began.Add(time.Duration(seconds*float64(time.Second)))
	}
	return out, end, nil
}
