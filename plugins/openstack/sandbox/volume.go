package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

const volumePrefix = "/{region}/volume/v3/{own}"

func (c *Cloud) volumeRoutes(mux *http.ServeMux) {
	c.quotaRoutes(mux, "volume", volumePrefix)
	for pattern, answer := range map[string]answerFunc{
		"GET /volumes":              listVolumes,
		"GET /volumes/detail":       listVolumes,
		"POST /volumes":             createVolume,
		"GET /volumes/{id}":         showVolume,
		"DELETE /volumes/{id}":      deleteVolume,
		"POST /volumes/{id}/action": actOnVolume,
		"GET /snapshots":            listSnapshots,
		"GET /snapshots/detail":     listSnapshots,
		"POST /snapshots":           createSnapshot,
		"DELETE /snapshots/{id}":    deleteSnapshot,
		"GET /backups/detail":       func(*request) (int, any, *refusal) { return http.StatusOK, object{"backups": []object{}}, nil },
	} {
		method, path, _ := strings.Cut(pattern, " ")
		c.add(mux, method+" "+volumePrefix+path, answer)
	}
}

// The fields that administrators see of whose a thing is.
const (
	volumeOwner   = "os-vol-tenant-attr:tenant_id"
	snapshotOwner = "os-extended-snapshot-attributes:project_id"
)

func (r *request) volumeUsage(project string) map[string]int64 {
	out := map[string]int64{}
	for _, v := range r.of("volumes", project, anyObject) {
		out["volumes"]++
		out["gigabytes"] += v.number("size")
	}
	for _, s := range r.of("snapshots", project, anyObject) {
		out["snapshots"]++
		out["gigabytes"] += s.number("size")
	}
	return out
}

func (r *request) volumeRefusal(over []string, size int64) *refusal {
	limits, used := r.quotas("volume", r.caller.project), r.usage("volume", r.caller.project)
	if slices.Contains(over, "gigabytes") {
		return named(http.StatusRequestEntityTooLarge, "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested %dG, quota is %dG and %dG has been consumed.", size, limits["gigabytes"], used["gigabytes"])
	}
	if slices.Contains(over, "snapshots") {
		return named(http.StatusRequestEntityTooLarge, "SnapshotLimitExceeded: Maximum number of snapshots allowed (%d) exceeded", limits["snapshots"])
	}
	return named(http.StatusRequestEntityTooLarge, "VolumeLimitExceeded: Maximum number of volumes allowed (%d) exceeded for quota 'volumes'.", limits["volumes"])
}

func createVolume(r *request) (int, any, *refusal) {
	in := r.body.sub("volume")
	size := in.number("size")
	if size < 1 {
		return 0, nil, named(http.StatusBadRequest, "Invalid input for field/attribute size. Value: %d. %d is less than the minimum of 1", size, size)
	}
	if over := r.exceeded("volume", r.caller.project, map[string]int64{"volumes": 1, "gigabytes": size}); len(over) > 0 {
		return 0, nil, r.volumeRefusal(over, size)
	}
	made := object{
		"id": newUUID(), "name": in.text("name"), "status": "creating", "size": size, "availability_zone": "nova", "created_at": r.micros(), "updated_at": nil,
		"description": nil, "volume_type": "__DEFAULT__", "snapshot_id": nil, "source_volid": nil, "metadata": object{}, "user_id": r.caller.user, "bootable": "false",
		"encrypted": false, "multiattach": false, "attachments": []any{}, volumeOwner: r.caller.project, "_project": r.caller.project, "_region": r.region,
	}
	r.cloud.store.put("volumes", made)
	return http.StatusAccepted, object{"volume": made.shown()}, nil
}

// settled moves a volume or snapshot on when it is looked at, as seen does a
// server.
func (r *request) settled(kind string, o object) (object, bool) {
	switch {
	case o.text("status") == "creating":
		o = o.with(object{"status": "available"})
	case o.text("status") != "deleting":
		return o, true
	case o.is("_looked"):
		r.cloud.store.remove(kind, o.id())
		return o, false
	default:
		o = o.with(object{"_looked": true})
	}
	r.cloud.store.put(kind, o)
	return o, true
}

func (r *request) listStorage(kind string) (int, any, *refusal) {
	var out []object
	for _, o := range r.of(kind, r.wantedProject(r.URL.Query().Has("all_tenants")), anyObject) {
		if o, still := r.settled(kind, o); still {
			out = append(out, o)
		}
	}
	return http.StatusOK, r.listed(kind, out), nil
}

func listVolumes(r *request) (int, any, *refusal)   { return r.listStorage("volumes") }
func listSnapshots(r *request) (int, any, *refusal) { return r.listStorage("snapshots") }

// storage returns the volume or snapshot of the path.
func (r *request) storage(kind, name string) (object, *refusal) {
	o := r.cloud.store.get(kind, r.PathValue("id"))
	if o != nil && r.inRegion(o) && r.mine(projectOf(o)) {
		if o, still := r.settled(kind, o); still {
			return o, nil
		}
	}
	return nil, named(http.StatusNotFound, "%s %s could not be found.", name, r.PathValue("id"))
}

func showVolume(r *request) (int, any, *refusal) {
	v, no := r.storage("volumes", "Volume")
	return http.StatusOK, object{"volume": v.shown()}, no
}

func deleteVolume(r *request) (int, any, *refusal) {
	v, no := r.storage("volumes", "Volume")
	if no != nil {
		return 0, nil, no
	}
	snapshots := r.of("snapshots", projectOf(v), func(o object) bool { return o.text("volume_id") == v.id() })
	if !slices.Contains([]string{"available", "error"}, v.text("status")) || len(snapshots) > 0 {
		return 0, nil, named(http.StatusBadRequest, "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.")
	}
	r.cloud.store.put("volumes", v.with(object{"status": "deleting"}))
	return http.StatusAccepted, nil, nil
}

func actOnVolume(r *request) (int, any, *refusal) {
	v, no := r.storage("volumes", "Volume")
	if no != nil {
		return 0, nil, no
	}
	if reset := r.body.sub("os-reset_status"); reset != nil && r.caller.admin {
		r.cloud.store.put("volumes", v.with(object{"status": reset.text("status"), "attachments": []any{}}))
		return http.StatusAccepted, nil, nil
	}
	return 0, nil, named(http.StatusBadRequest, "There is no such action")
}

func createSnapshot(r *request) (int, any, *refusal) {
	in := r.body.sub("snapshot")
	v := r.cloud.store.get("volumes", in.text("volume_id"))
	if v == nil || projectOf(v) != r.caller.project || !r.inRegion(v) {
		return 0, nil, named(http.StatusNotFound, "Volume %s could not be found.", in.text("volume_id"))
	}
	if over := r.exceeded("volume", r.caller.project, map[string]int64{"snapshots": 1, "gigabytes": v.number("size")}); len(over) > 0 {
		return 0, nil, r.volumeRefusal(over, v.number("size"))
	}
	made := object{
		"id": newUUID(), "name": in.text("name"), "description": nil, "volume_id": v.id(), "status": "creating", "size": v.number("size"), "metadata": object{},
		"created_at": r.micros(), "updated_at": nil, snapshotOwner: r.caller.project, "_project": r.caller.project, "_region": r.region,
	}
	r.cloud.store.put("snapshots", made)
	return http.StatusAccepted, object{"snapshot": made.shown()}, nil
}

func deleteSnapshot(r *request) (int, any, *refusal) {
	s, no := r.storage("snapshots", "Snapshot")
	if no == nil {
		r.cloud.store.put("snapshots", s.with(object{"status": "deleting"}))
	}
	return http.StatusAccepted, nil, no
}
