package openstack

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// deletionPause is how long the marketplace waits when a deletion goes on.
const deletionPause = 10 * time.Second

// object is one thing of a cloud, in its JSON form.
type object map[string]any

func (o object) text(field string) string {
	s, _ := o[field].(string)
	return s
}

func (o object) id() string { return o.text("id") }

// kind is a sort of thing that tenants have in a region.
type kind struct {
	name      string // "servers", for people
	service   string
	list, key string // the list's address, where {project} stands for the id, and its key
	owner     string // the field with the project
	remove    func(ctx context.Context, r *region, o object) error
	skip      func(o object) bool // what goes by itself
}

// at is a kind that is removed by DELETE of path/id.
func at(name, service, path, list, key, owner string) kind {
	return kind{name: name, service: service, list: list, key: key, owner: owner,
		remove: func(ctx context.Context, r *region, o object) error {
			return r.delete(ctx, service, path+"/"+segment(o.id()))
		}}
}

func serverKind() kind {
	k := at("servers", compute, "servers", "servers/detail?all_tenants=1&project_id={project}", "servers", "tenant_id")
	k.remove = removeServer
	return k
}

// neutron is a kind of Neutron's.
func neutron(name, path, key string) kind {
	return at(name, network, "v2.0/"+path, "v2.0/"+path+"?project_id={project}", key, "project_id")
}

// kinds are all, in the order in which they let go of each other.
func (s *session) kinds() []kind {
	volumes := at("volumes", volume, "volumes", "volumes/detail?all_tenants=1&project_id={project}", "volumes", "os-vol-tenant-attr:tenant_id")
	volumes.remove = removeVolume
	interfaces := neutron("router interfaces", "ports", "ports")
	interfaces.skip = func(o object) bool { return !isInterface(o) }
	interfaces.remove = removeInterface
	ports := neutron("ports", "ports", "ports")
	ports.skip = func(o object) bool { return strings.HasPrefix(o.text("device_owner"), "network:") }
	groups := neutron("security groups", "security-groups", "security_groups")
	// Asked for one project, Neutron makes that project's default group first,
	// for ever. Asked for two, it makes the first one's.
	groups.list = "v2.0/security-groups?project_id=" + query(s.project) + "&project_id={project}"
	images := at("images", image, "v2/images", "v2/images?owner={project}", "images", "owner")
	images.remove = removeImage
	return []kind{
		serverKind(),
		at("server groups", compute, "os-server-groups", "os-server-groups?all_projects=true", "server_groups", "project_id"),
		at("backups", volume, "backups", "backups/detail?all_tenants=1&project_id={project}", "backups", "os-backup-project-attr:project_id"),
		at("snapshots", volume, "snapshots", "snapshots/detail?all_tenants=1&project_id={project}", "snapshots", "os-extended-snapshot-attributes:project_id"),
		volumes,
		neutron("trunks", "trunks", "trunks"), neutron("floating IPs", "floatingips", "floatingips"), interfaces,
		neutron("routers", "routers", "routers"), ports, neutron("networks", "networks", "networks"), neutron("subnets", "subnets", "subnets"),
		neutron("subnet pools", "subnetpools", "subnetpools"), neutron("address scopes", "address-scopes", "address_scopes"), groups,
		images,
	}
}

// isInterface tells a router's port, which only the router lets go.
func isInterface(o object) bool {
	owner := o.text("device_owner")
	return strings.HasPrefix(owner, "network:router_interface") || strings.HasPrefix(owner, "network:ha_router_replicated_interface")
}

// owned lists a project's things of a kind. The cloud may ignore the filter,
// so each answer must name the project; what a cloud lacks, nobody has.
func (r *region) owned(ctx context.Context, k kind, project string) ([]object, error) {
	all, err := list[object](ctx, r.apis[k.service], strings.ReplaceAll(k.list, "{project}", query(project)), k.key)
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, r.wrap(err, "listing the %s", k.name)
	}
	return slices.DeleteFunc(all, func(o object) bool {
		return o.text(k.owner) != project || k.skip != nil && k.skip(o)
	}), nil
}

// sweep removes all of a project's things in the region.
func (r *region) sweep(ctx context.Context, p *Provider, project string) error {
	for _, k := range r.kinds() {
		if !r.offers(k.service) {
			continue
		}
		if err := r.clear(ctx, p, k, project); err != nil {
			return err
		}
	}
	return nil
}

// clear removes a project's things of a kind and returns when they are gone.
// Something that cannot go yet, because another still needs it, is tried again.
func (r *region) clear(ctx context.Context, p *Provider, k kind, project string) error {
	end := p.clock.Now().Add(p.times.patience)
	for {
		left, err := r.owned(ctx, k, project)
		if err != nil || len(left) == 0 {
			return err
		}
		reason := ""
		for _, o := range left {
			err := k.remove(ctx, r, o)
			if answer, ok := asBusy(err); ok {
				reason = " " + r.secrets.Scrub(wordsOf(answer.Body))
				continue
			}
			if err != nil && !isGone(err) {
				return r.wrap(err, "deleting %s", k.name)
			}
		}
		if !p.clock.Now().Before(end) {
			return sdk.NotYet(deletionPause, "%d %s are still being deleted in %s.%s", len(left), k.name, r.place(), reason)
		}
		if err := p.wait(ctx); err != nil {
			return r.wrap(err, "waiting for the deletion of %s", k.name)
		}
	}
}

// wait pauses between two looks.
func (p *Provider) wait(ctx context.Context) error {
	timer := time.NewTimer(p.times.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// asBusy is a refusal that ends by itself: Cinder says 400, the others 409.
func asBusy(err error) (gophercloud.ErrUnexpectedResponseCode, bool) {
	if gophercloud.ResponseCodeIs(err, http.StatusBadRequest) || gophercloud.ResponseCodeIs(err, http.StatusConflict) {
		return errors.AsType[gophercloud.ErrUnexpectedResponseCode](err)
	}
	return gophercloud.ErrUnexpectedResponseCode{}, false
}

// removeServer deletes a server; one that a cloud keeps for a while after its
// deletion is deleted for good.
func removeServer(ctx context.Context, r *region, o object) error {
	if o.text("status") == "SOFT_DELETED" {
		return r.apis[compute].post(ctx, "servers/"+o.id()+"/action", map[string]any{"forceDelete": nil}, nil)
	}
	if o.text("OS-EXT-STS:task_state") == "deleting" && o.text("status") != "ERROR" {
		return nil
	}
	return r.delete(ctx, compute, "servers/"+o.id())
}

// removeVolume deletes a volume. The servers are gone before, so one that is
// still in use, or in a state that nothing leads out of, is stuck: it is reset.
func removeVolume(ctx context.Context, r *region, o object) error {
	switch o.text("status") {
	case "deleting", "creating", "detaching", "downloading", "uploading", "extending", "retyping", "backing-up", "restoring-backup":
		return nil
	case "in-use", "reserved", "attaching", "awaiting-transfer", "maintenance", "error_deleting":
		reset := map[string]any{"os-reset_status": map[string]string{"status": "available", "attach_status": "detached"}}
		if err := r.apis[volume].post(ctx, "volumes/"+o.id()+"/action", reset, nil); err != nil {
			return err
		}
	}
	return r.delete(ctx, volume, "volumes/"+o.id())
}

func removeInterface(ctx context.Context, r *region, o object) error {
	return r.put(ctx, network, "v2.0/routers/"+o.text("device_id")+"/remove_router_interface", map[string]string{"port_id": o.id()}, nil)
}

// removeImage deletes an image, also one that its owner protected.
func removeImage(ctx context.Context, r *region, o object) error {
	address := "v2/images/" + o.id()
	if o["protected"] == true {
		patch := []map[string]any{{"op": "replace", "path": "/protected", "value": false}}
		header := map[string]string{"Content-Type": "application/openstack-images-v2.1-json-patch"}
		if err := r.apis[image].patch(ctx, address, patch, header); err != nil {
			return err
		}
	}
	return r.delete(ctx, image, address)
}

// dropKeypairs deletes a user's key pairs, which Nova keeps by user.
func (r *region) dropKeypairs(ctx context.Context, user string) error {
	type entry struct {
		Keypair named `json:"keypair"`
	}
	of := "?user_id=" + url.QueryEscape(user)
	all, err := list[entry](ctx, r.apis[compute], "os-keypairs"+of, "keypairs")
	if err != nil {
		return r.wrap(err, "listing the key pairs")
	}
	for _, e := range all {
		if err := r.delete(ctx, compute, "os-keypairs/"+segment(e.Keypair.Name)+of); err != nil && !isGone(err) {
			return r.wrap(err, "deleting a key pair")
		}
	}
	return nil
}
