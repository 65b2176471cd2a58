package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const metricPrefix = "/{region}/metric/v1"

// granularity is the span in which measures are kept, in seconds.
const granularity = 300

func (c *Cloud) metricRoutes(mux *http.ServeMux) {
	c.add(mux, "POST "+metricPrefix+"/resource/{type}", createResource)
	c.add(mux, "PATCH "+metricPrefix+"/resource/{type}/{id}", patchResource)
	c.add(mux, "POST "+metricPrefix+"/search/resource/{type}", searchResources)
	mux.HandleFunc("POST "+metricPrefix+"/resource/{type}/{id}/metric/{metric}/measures", c.postMeasures)
	c.add(mux, "GET "+metricPrefix+"/metric/{metric}/measures", getMeasures)
}

// createResource makes a resource and the metrics it names.
func createResource(r *request) (int, any, *refusal) {
	metrics := object{}
	for name := range r.body.sub("metrics") {
		id := newUUID()
		metrics[name] = id
		r.cloud.store.put("metrics", object{"id": id, "name": name})
	}
	started := r.body.text("started_at")
	if started == "" {
		started = r.micros() + "+00:00"
	}
	made := object{"ended_at": nil}.with(r.body).with(object{
		"metrics": metrics, "type": r.PathValue("type"), "original_resource_id": r.body.text("id"), "started_at": started,
		"created_by_project_id": r.caller.project, "created_by_user_id": r.caller.user, "creator": r.caller.user + ":" + r.caller.project, "_region": r.region,
	})
	r.cloud.store.put("resources", made)
	return http.StatusCreated, made.shown(), nil
}

func (r *request) resource() (object, *refusal) {
	o := r.cloud.store.get("resources", r.PathValue("id"))
	if o == nil || !r.inRegion(o) || o.text("created_by_project_id") != r.caller.project && !r.caller.admin {
		return nil, identityRefusal(http.StatusNotFound, "Resource %s does not exist", r.PathValue("id"))
	}
	return o, nil
}

func patchResource(r *request) (int, any, *refusal) {
	o, no := r.resource()
	if no != nil {
		return 0, nil, no
	}
	r.cloud.store.put("resources", o.with(r.body).with(object{"id": o.id(), "metrics": o["metrics"]}))
	return http.StatusOK, o.with(r.body).shown(), nil
}

// searchResources knows the search for a project's.
func searchResources(r *request) (int, any, *refusal) {
	project := r.body.sub("=").text("project_id")
	return http.StatusOK, shownAll(r.of("resources", project, func(o object) bool {
		return o.text("type") == r.PathValue("type") && (r.caller.admin || o.text("created_by_project_id") == r.caller.project)
	})), nil
}

// postMeasures takes a list, which the other bodies are not.
func (c *Cloud) postMeasures(w http.ResponseWriter, in *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, in.Body, 1<<20))
	var measures []struct {
		Timestamp string
		Value     float64
	}
	if err == nil {
		err = json.Unmarshal(raw, &measures)
	}
	in.Body = http.NoBody
	c.handle(false, func(r *request) (int, any, *refusal) {
		o, no := r.resource()
		if no != nil {
			return 0, nil, no
		}
		m := r.cloud.store.get("metrics", o.sub("metrics").text(r.PathValue("metric")))
		if m == nil || err != nil {
			return 0, nil, identityRefusal(http.StatusBadRequest, "There is no such metric, or these are no measures")
		}
		kept := maps.Clone(m)
		for _, one := range measures {
			at := parsed(one.Timestamp).Truncate(granularity * time.Second).Format(time.RFC3339)
			kept["at "+at] = one.Value // the last of a span stands for all
		}
		r.cloud.store.put("metrics", kept)
		return http.StatusAccepted, nil, nil
	})(w, in)
}

func getMeasures(r *request) (int, any, *refusal) {
	m := r.cloud.store.get("metrics", r.PathValue("metric"))
	if m == nil {
		return 0, nil, identityRefusal(http.StatusNotFound, "Metric %s does not exist", r.PathValue("metric"))
	}
	q := r.URL.Query()
	from, to := parsed(q.Get("start")), parsed(q.Get("stop"))
	out := [][3]any{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		text, ok := strings.CutPrefix(name, "at ")
		at := parsed(text)
		if ok && !at.Before(from) && (to.IsZero() || at.Before(to)) {
			out = append(out, [3]any{at.Format("2006-01-02T15:04:05+00:00"), float64(granularity), m[name]})
		}
	}
	return http.StatusOK, out, nil
}
