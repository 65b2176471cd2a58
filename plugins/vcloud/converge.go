package vcloud

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// totalSteps of Provision and Update.
const totalSteps = 5

// Provision makes organization, VDC, addresses and administrator exist with
// exactly what was bought, and returns them.
func (p *Provider) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.converge(ctx, "provision", req, progress)
}

// Update moves the limits to what was bought. The password and a suspension
// stay; what is in use is not taken away.
func (p *Provider) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.converge(ctx, "update", req, progress)
}

func (p *Provider) converge(ctx context.Context, operation string, req sdk.Request, progress sdk.Progress) (result sdk.Result, err error) {
	s, err := complete(req.Subscription)
	if err != nil {
		return sdk.Result{}, err
	}
	c, err := idempotency.NewClaim(operation, req)
	if err != nil {
		return sdk.Result{}, err
	}
	progress = progress.OrSilent()
	err = p.with(ctx, s, s.cloud, func(w *work) error {
		result, err = w.converge(c, progress)
		return err
	})
	return result, err
}

// converge compares the cloud with the sale and writes what differs.
func (w *work) converge(c idempotency.Claim, progress sdk.Progress) (sdk.Result, error) {
	progress(1, totalSteps, "Creating the organization")
	t, err := w.load()
	if err != nil {
		return sdk.Result{}, err
	}
	if t != nil && t.marks.removing { // a removal that was given up half-way
		if err := w.removeAll(t, func(int, int, string) {}); err != nil {
			return sdk.Result{}, err
		}
		t = nil
	}
	if t == nil {
		if t, err = w.createOrg(c); err != nil {
			return sdk.Result{}, err
		}
	}
	for i, step := range []struct {
		text string
		do   func(*tenant) error
	}{
		{"", func(t *tenant) error { return w.begin(t, c) }},
		{"Creating the virtual data centre with its limits", w.ensureVdc},
		{"Allocating the addresses", w.ensureAddresses},
		{"Creating the administrator", w.ensureUser},
	} {
		if i > 0 {
			progress(i+1, totalSteps, step.text)
		}
		if err := step.do(t); err != nil {
			return sdk.Result{}, err
		}
	}
	progress(totalSteps, totalSteps, "Reading everything back")
	if t, err = w.load(); err != nil {
		return sdk.Result{}, err
	}
	if t == nil || t.vdc == nil {
		return sdk.Result{}, errRace
	}
	return w.result(t), nil
}

// begin refuses what cannot be, then writes the claim.
func (w *work) begin(t *tenant, c idempotency.Claim) error {
	if _, err := c.Known(t.marks.requests, ""); err != nil {
		return err
	}
	if t.marks.secret != fingerprint(w.settings.PasswordSecret, t.marks.nonce) {
		return sdk.Permanent("settings.passwordSecret was changed since the organization %s was made, so its password is not known any more. Set it back.", w.orgName())
	}
	if found := w.refusals(t); len(found) > 0 {
		return found.Err()
	}
	return w.claim(t, c, false)
}

// createOrg makes the organization; its marks are in the description until
// begin has written them into the metadata.
func (w *work) createOrg(c idempotency.Claim) (*tenant, error) {
	if err := w.lookUp(); err != nil {
		return nil, err
	}
	if n := w.want().ips; n > 0 {
		if _, err := w.subnetWith(n); err != nil {
			return nil, err
		}
	}
	m := marks{mark: w.settings.Mark, id: w.id, nonce: rand.Text(), billing: w.plan.Billing, requests: []string{c.String()}}
	m.secret = fingerprint(w.settings.PasswordSecret, m.nonce)
	task, err := govcd.CreateOrg(w.vcd, w.orgName(), w.orgName(), m.describe(), w.orgSettings(), true)
	if err := w.wait(task, err, "creating the organization %s", w.orgName()); err != nil {
		return nil, err
	}
	t, err := w.load()
	if err == nil && t == nil {
		err = errRace
	}
	return t, err
}

// orgSettings let nothing end by itself: with the cloud's defaults servers
// would be stopped after a week and deleted after a month.
func (w *work) orgSettings() *types.OrgSettings {
	return &types.OrgSettings{
		OrgGeneralSettings: &types.OrgGeneralSettings{DeployedVMQuota: w.cloud.VMQuota, StoredVMQuota: w.cloud.VMQuota},
		OrgVAppLeaseSettings: &types.VAppLeaseSettings{
			DeleteOnStorageLeaseExpiration: new(false), DeploymentLeaseSeconds: new(0), StorageLeaseSeconds: new(0), PowerOffOnRuntimeLeaseExpiration: new(false),
		},
		OrgVAppTemplateSettings: &types.VAppTemplateLeaseSettings{DeleteOnStorageLeaseExpiration: new(false), StorageLeaseSeconds: new(0)},
	}
}

// ensureVdc makes the VDC with exactly the limits that were bought.
func (w *work) ensureVdc(t *tenant) error {
	if t.vdc != nil && t.vdc.AdminVdc.Status < 0 { // its creation has failed
		if err := w.removeVdc(t.vdc); err != nil {
			return err
		}
		t.vdc = nil
	}
	if t.vdc == nil {
		return w.createVdc(t)
	}
	if len(w.vdcChanges(t)) > 0 {
		vdc := t.vdc.AdminVdc
		vdc.ComputeCapacity = []*types.ComputeCapacity{w.capacity()}
		if vdc.VCpuInMhz != nil {
			vdc.VCpuInMhz, vdc.VCpuInMhz2 = &w.cloud.CPUSpeedMhz, &w.cloud.CPUSpeedMhz
		}
		vdc.NetworkQuota, vdc.VMQuota = w.cloud.NetworkQuota, w.cloud.VMQuota
		vdc.ResourcePoolRefs, vdc.Tasks = nil, nil // cannot be set
		task, err := t.vdc.UpdateAsync()
		if err := w.wait(task, err, "changing the limits of %s", w.orgName()); err != nil {
			return err
		}
	}
	return w.ensureStorage(t)
}

func (w *work) createVdc(t *tenant) error {
	if err := w.lookUp(); err != nil {
		return err
	}
	config := &types.VdcConfiguration{
		Name: w.orgName(), AllocationModel: w.model(), ComputeCapacity: []*types.ComputeCapacity{w.capacity()},
		NetworkQuota: w.cloud.NetworkQuota, VmQuota: w.cloud.VMQuota, IsEnabled: t.org.AdminOrg.IsEnabled, VCpuInMhz: w.cloud.CPUSpeedMhz, IsThinProvision: true,
		VdcStorageProfile: []*types.VdcStorageProfileConfiguration{{
			Enabled: new(true), Units: unitMB, Limit: w.want().diskGb * mbPerGb, Default: true, ProviderVdcStorageProfile: w.base.storageProfile,
		}},
		NetworkPoolReference: w.base.networkPool, ProviderVdcReference: w.base.providerVDC,
	}
	if w.model() == flex {
		config.IsElastic, config.IncludeMemoryOverhead = new(true), new(false)
	}
	task, err := t.org.CreateOrgVdcAsync(config)
	if err := w.wait(task, err, "creating the VDC %s", w.orgName()); err != nil {
		return err
	}
	if err := t.org.Refresh(); err != nil {
		return w.wrap(err, "reading the organization %s", w.orgName())
	}
	if err := w.loadVdc(t); err != nil {
		return err
	}
	if t.vdc == nil {
		return errRace
	}
	return w.loadStorage(t)
}

// vdcChanges lists what of the VDC is not as wanted.
func (w *work) vdcChanges(t *tenant) (out []change) {
	have, want := t.compute(), w.capacity()
	out = changed(out, "CPU limit in MHz", have.CPU.Limit, want.CPU.Limit)
	out = changed(out, "CPU allocation in MHz", have.CPU.Allocated, want.CPU.Allocated)
	out = changed(out, "memory limit in MB", have.Memory.Limit, want.Memory.Limit)
	out = changed(out, "memory allocation in MB", have.Memory.Allocated, want.Memory.Allocated)
	if speed := t.vdc.AdminVdc.VCpuInMhz; speed != nil { // a reservation pool has none
		out = changed(out, "speed of a core in MHz", *speed, w.cloud.CPUSpeedMhz)
	}
	out = changed(out, "network quota", int64(t.vdc.AdminVdc.NetworkQuota), int64(w.cloud.NetworkQuota))
	return changed(out, "VM quota", int64(t.vdc.AdminVdc.VMQuota), int64(w.cloud.VMQuota))
}

// change is one number that is not as wanted.
type change struct {
	field      string
	have, want int64
}

func changed(out []change, field string, have, want int64) []change {
	if have == want {
		return out
	}
	return append(out, change{field, have, want})
}

// ensureStorage sets the limit of the storage profile.
func (w *work) ensureStorage(t *tenant) error {
	limit := w.want().diskGb * mbPerGb
	if t.storage == nil {
		if err := w.lookUp(); err != nil {
			return err
		}
		task, err := t.vdc.AddStorageProfile(&types.VdcStorageProfileConfiguration{
			Enabled: new(true), Units: unitMB, Limit: limit, Default: true, ProviderVdcStorageProfile: w.base.storageProfile,
		}, "")
		return w.wait(task, err, "adding the storage profile to %s", w.orgName())
	}
	if t.storage.Limit == limit && t.storage.Units == unitMB {
		return nil
	}
	// Only what may differ: the library sends the whole, and so must we.
	body := &types.AdminVdcStorageProfile{
		Name: t.storage.Name, Enabled: t.storage.Enabled, Units: unitMB, Limit: limit, Default: t.storage.Default,
		ProviderVdcStorageProfile: t.storage.ProviderVdcStorageProfile,
	}
	_, err := t.vdc.UpdateStorageProfile(uuid(t.storage.href), body)
	return w.wrap(err, "changing the disk limit of %s", w.orgName())
}

// ensureUser makes the organization administrator. The library's own call
// sleeps; this is the same request.
func (w *work) ensureUser(t *tenant) error {
	if t.user() != nil {
		return nil
	}
	role, err := t.org.GetRoleReference(govcd.OrgUserRoleOrganizationAdministrator)
	if err != nil && govcd.IsNotFound(err) {
		return sdk.Permanent("The organization %s has no role %q.", w.orgName(), govcd.OrgUserRoleOrganizationAdministrator)
	}
	if err != nil {
		return w.wrap(err, "reading the roles of %s", w.orgName())
	}
	secret := password(w.settings.PasswordSecret, t.marks.nonce)
	w.secrets = append(w.secrets, secret)
	user := &types.User{
		Xmlns: types.XMLNamespaceVCloud, Type: types.MimeAdminUser, Name: adminUser, FullName: "Administrator", IsEnabled: true,
		ProviderType: govcd.OrgUserProviderIntegrated, Password: secret, Role: &types.Reference{HREF: role.HREF, Name: role.Name},
	}
	var made types.User
	_, err = w.vcd.Client.ExecuteRequest(t.org.AdminOrg.HREF+"/users", http.MethodPost, types.MimeAdminUser, "%s", user, &made)
	if err != nil {
		return w.wrap(err, "creating the administrator of %s", w.orgName())
	}
	_, err = w.settle(made.Tasks)
	return err
}

// result is what the customer gets.
func (w *work) result(t *tenant) sdk.Result {
	portal := w.cloud.tenant(w.orgName())
	return sdk.Result{
		Resources: w.resources(t),
		Credentials: []sdk.Credential{
			{Name: "portalUrl", Label: "Portal", Value: portal},
			{Name: "organization", Label: "Organization", Value: w.orgName()},
			{Name: "user", Label: "User", Value: adminUser},
			{Name: "password", Label: "Password", Value: password(w.settings.PasswordSecret, t.marks.nonce), Secret: true},
		},
		Endpoints: []sdk.Endpoint{{Identifier: "portal", URL: portal}, {Identifier: "api", URL: w.cloud.api()}},
	}
}

func (w *work) resources(t *tenant) []sdk.Resource {
	out := []sdk.Resource{{Kind: "organization", ID: t.org.AdminOrg.ID, Name: t.org.AdminOrg.Name}}
	if t.vdc != nil {
		out = append(out, sdk.Resource{Kind: "vdc", ID: t.vdc.AdminVdc.ID, Name: t.vdc.AdminVdc.Name})
	}
	if t.edge != nil {
		out = append(out, sdk.Resource{Kind: "edgeGateway", ID: t.edge.EdgeGateway.ID, Name: t.edge.EdgeGateway.Name})
	}
	if u := t.user(); u != nil {
		out = append(out, sdk.Resource{Kind: "user", ID: uuid(u.HREF), Name: u.Name})
	}
	return out
}
