package vcloud

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// tenant is what the cloud has of the subscription.
type tenant struct {
	org     *govcd.AdminOrg
	marks   marks
	vdc     *govcd.AdminVdc // nil when there is none
	others  []string        // names of VDCs that we did not make
	storage *storage        // nil when the VDC has none
	edge    *govcd.NsxtEdgeGateway
}

// storage is the VDC's storage profile.
type storage struct {
	href string
	*types.VdcStorageProfile
}

// load reads the tenant; nil when there is no organization. One of its name
// that is not ours is an error. Tasks that run on it are waited for first.
func (w *work) load() (*tenant, error) {
	t, err := w.loadOrg()
	if err != nil || t == nil {
		return nil, err
	}
	if err := w.loadVdc(t); err != nil || t.vdc == nil {
		return t, err
	}
	if err := w.loadStorage(t); err != nil {
		return nil, err
	}
	return t, w.loadEdge(t)
}

func (w *work) loadOrg() (*tenant, error) {
	found, err := query(w.client, types.QtOrg, is("name", w.orgName()), orgRecords)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	t := &tenant{org: govcd.NewAdminOrg(&w.vcd.Client)}
	t.org.AdminOrg.HREF = w.cloud.api() + "/admin/org/" + uuid(found[0].HREF)
	for waited := true; waited; {
		if err := t.org.Refresh(); err != nil {
			return nil, w.wrap(err, "reading the organization %s", w.orgName())
		}
		if waited, err = w.settle(t.org.AdminOrg.Tasks); err != nil {
			return nil, err
		}
	}
	meta, err := t.org.GetMetadata()
	if err != nil {
		return nil, w.wrap(err, "reading the marks of %s", w.orgName())
	}
	if t.marks = marksOf(t.org.AdminOrg, meta); !w.ours(t.marks) {
		return nil, foreign(w.orgName())
	}
	return t, nil
}

func orgRecords(r *types.QueryResultRecordsType) []*types.QueryResultOrgRecordType {
	return r.OrgRecord
}

// errForeign is the cause of what foreign says.
var errForeign = errors.New("it lacks our marks")

// foreign says that our name is taken by an organization that is not ours.
func foreign(name string) error {
	return &sdk.Error{Code: sdk.CodePermanent, Cause: errForeign, Message: fmt.Sprintf(
		"The cloud has an organization %q that does not belong to this marketplace (it lacks its marks). It was left alone; rename or remove it and try again.", name)}
}

// vdcs are the references of the organization's VDCs.
func (t *tenant) vdcs() []*types.Reference {
	if t.org.AdminOrg.Vdcs == nil {
		return nil
	}
	return t.org.AdminOrg.Vdcs.Vdcs
}

func (w *work) loadVdc(t *tenant) error {
	for _, ref := range t.vdcs() {
		if ref.Name != w.orgName() {
			t.others = append(t.others, ref.Name)
			continue
		}
		for waited := true; waited; {
			vdc, err := t.org.GetAdminVDCByHref(w.cloud.api() + "/admin/vdc/" + uuid(ref.HREF))
			if err != nil {
				return w.wrap(err, "reading the VDC %s", ref.Name)
			}
			t.vdc = vdc
			if waited, err = w.settle(vdc.AdminVdc.Tasks); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) loadStorage(t *tenant) error {
	profiles := t.vdc.AdminVdc.VdcStorageProfiles
	if profiles == nil {
		return nil
	}
	i := slices.IndexFunc(profiles.VdcStorageProfile, func(r *types.Reference) bool { return r.Name == w.cloud.StorageProfile })
	if i < 0 {
		return nil
	}
	href := w.cloud.api() + "/admin/vdcStorageProfile/" + uuid(profiles.VdcStorageProfile[i].HREF)
	profile, err := w.vcd.GetStorageProfileByHref(href)
	t.storage = &storage{href, profile}
	return w.wrap(err, "reading the storage profile of %s", w.orgName())
}

func (w *work) loadEdge(t *tenant) error {
	edges, err := w.edges(t.vdc.AdminVdc.ID)
	for _, e := range edges {
		if e.EdgeGateway.Name == w.orgName() {
			t.edge = e
		}
	}
	return err
}

// edges are the edge gateways of a VDC.
func (w *work) edges(vdcID string) ([]*govcd.NsxtEdgeGateway, error) {
	edges, err := w.vcd.GetAllNsxtEdgeGateways(url.Values{"filter": {"ownerRef.id==" + vdcID}})
	return edges, w.wrap(err, "listing the edge gateways of %s", w.orgName())
}

// user is the reference of the administrator; nil when there is none.
func (t *tenant) user() *types.Reference {
	if t.org.AdminOrg.Users == nil {
		return nil
	}
	for _, u := range t.org.AdminOrg.Users.User {
		if u.Name == adminUser {
			return u
		}
	}
	return nil
}

// compute is the VDC's capacity; empty when the cloud told none.
func (t *tenant) compute() types.ComputeCapacity {
	empty := types.ComputeCapacity{CPU: &types.CapacityWithUsage{}, Memory: &types.CapacityWithUsage{}}
	if t.vdc == nil || len(t.vdc.AdminVdc.ComputeCapacity) == 0 {
		return empty
	}
	have := *t.vdc.AdminVdc.ComputeCapacity[0]
	if have.CPU == nil {
		have.CPU = empty.CPU
	}
	if have.Memory == nil {
		have.Memory = empty.Memory
	}
	return have
}

// used is what the tenant uses now, in whole units.
func (w *work) used(t *tenant) amounts {
	have := t.compute()
	used := amounts{cores: ceil(have.CPU.Used, w.cloud.CPUSpeedMhz), memoryGb: ceil(have.Memory.Used, mbPerGb)}
	if t.storage != nil {
		used.diskGb = ceil(t.storage.StorageUsedMB, mbPerGb)
	}
	used.ips = usedAddresses(t.edge)
	return used
}

// lookUp finds what the settings name, so that a wrong name is told before
// anything is made.
func (w *work) lookUp() error {
	if w.base.providerVDC != nil {
		return nil
	}
	pvdcs, err := query(w.client, "providerVdc", is("name", w.cloud.ProviderVDC), func(r *types.QueryResultRecordsType) []*types.QueryResultVMWProviderVdcRecordType {
		return r.VMWProviderVdcRecord
	})
	if err != nil {
		return err
	}
	if len(pvdcs) == 0 {
		return w.lacks("provider VDC", w.cloud.ProviderVDC)
	}
	profiles, err := query(w.client, types.QtProviderVdcStorageProfile, is("name", w.cloud.StorageProfile), func(r *types.QueryResultRecordsType) []*types.QueryResultProviderVdcStorageProfileRecordType {
		return r.ProviderVdcStorageProfileRecord
	})
	if err != nil {
		return err
	}
	found := targets{providerVDC: &types.Reference{HREF: pvdcs[0].HREF, Name: pvdcs[0].Name}}
	for _, sp := range profiles {
		if uuid(sp.ProviderVdcHREF) == uuid(pvdcs[0].HREF) {
			found.storageProfile = &types.Reference{HREF: sp.HREF, Name: sp.Name}
		}
	}
	if found.storageProfile == nil {
		return w.lacks("storage profile of the provider VDC", w.cloud.StorageProfile)
	}
	if found.networkPool, err = w.networkPool(); err == nil {
		w.base = found
	}
	return err
}

func (w *work) networkPool() (*types.Reference, error) {
	if w.cloud.NetworkPool == "" {
		return nil, nil
	}
	pools, err := query(w.client, types.QtNetworkPool, is("name", w.cloud.NetworkPool), func(r *types.QueryResultRecordsType) []*types.QueryResultNetworkPoolRecordType {
		return r.NetworkPoolRecord
	})
	if err != nil {
		return nil, err
	}
	if len(pools) == 0 {
		return nil, w.lacks("network pool", w.cloud.NetworkPool)
	}
	return &types.Reference{HREF: pools[0].HREF, Name: pools[0].Name}, nil
}

func (w *work) externalNetwork() (*types.ExternalNetworkV2, error) {
	networks, err := govcd.GetAllExternalNetworksV2(w.vcd, url.Values{"filter": {"name==" + w.cloud.ExternalNetwork}})
	if err != nil {
		return nil, w.wrap(err, "looking for the external network")
	}
	if len(networks) == 0 {
		return nil, w.lacks("external network", w.cloud.ExternalNetwork)
	}
	return networks[0].ExternalNetwork, nil
}

func (w *work) lacks(kind, name string) error {
	return sdk.Permanent("The cloud at %s has no %s %q. Correct the settings.", w.where, kind, name)
}

// keep writes the marks into the metadata.
func (w *work) keep(t *tenant) error {
	task, err := t.org.MergeMetadataWithMetadataValuesAsync(t.marks.metadata())
	return w.wait(task, err, "marking the organization %s", w.orgName())
}

// enable allows or forbids the use of an organization or a VDC.
func (w *work) enable(href string, on bool, doing string) error {
	action := "/action/disable"
	if on {
		action = "/action/enable"
	}
	return w.post(href+action, doing)
}
