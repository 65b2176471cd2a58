package vcloud

import (
	"context"
	"net/http"
	"net/url"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// removeSteps of Deprovision.
const removeSteps = 6

// Deprovision removes the organization with everything in it, running servers
// too. Without a plan it is looked for in every cloud of the settings.
func (p *Provider) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	s, clouds, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	c, err := idempotency.NewClaim("deprovision", req)
	if err != nil {
		return err
	}
	progress = progress.OrSilent()
	_, err = p.search(ctx, s, clouds, func(w *work, t *tenant) error {
		if err := w.claim(t, c, true); err != nil {
			return err
		}
		return w.removeAll(t, progress)
	})
	return err
}

// removeAll takes the tenant apart from the inside out. Nobody can add
// anything meanwhile: the organization is disabled first. Each step looks at
// what is there, so it can be cut anywhere and begun again.
func (w *work) removeAll(t *tenant, progress sdk.Progress) error {
	progress(1, removeSteps, "Closing the organization")
	if err := w.enableOrg(t, false); err != nil {
		return err
	}
	for i, step := range []struct {
		text string
		do   func(*tenant) error
	}{
		{"Stopping and deleting the servers", w.removeServers},
		{"Deleting catalogs and media", w.removeCatalogs},
		{"Deleting networks and addresses", w.removeNetworks},
		{"Deleting the virtual data centre", w.removeVdcs},
		{"Deleting the organization", func(t *tenant) error {
			return w.remove(t.org.AdminOrg.HREF+"?force=true&recursive=true", "deleting the organization %s", w.orgName())
		}},
	} {
		progress(i+2, removeSteps, step.text)
		if err := step.do(t); err != nil {
			return err
		}
	}
	return nil
}

// removeServers stops and deletes the vApps of every VDC; a server that
// stands alone is in a vApp of its own.
func (w *work) removeServers(t *tenant) error {
	for _, vdc := range t.vdcs() {
		vapps, err := query(w.client, types.QtAdminVapp, is("vdc", w.vdcHREF(vdc)), func(r *types.QueryResultRecordsType) []*types.QueryResultVAppRecordType {
			return r.AdminVAppRecord
		})
		if err != nil {
			return err
		}
		for _, v := range vapps {
			if err := w.removeServer(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) removeServer(v *types.QueryResultVAppRecordType) error {
	vapp := govcd.NewVApp(&w.vcd.Client)
	vapp.VApp.HREF, vapp.VApp.Name = v.HREF, v.Name
	if v.Deployed {
		task, err := vapp.Undeploy()
		if err == nil {
			err = task.WaitTaskCompletion()
		}
		// What refuses to be stopped may have stopped already: deleting tells.
		err = w.forgiven(err, "stopping the servers of %s", v.Name)
		if err != nil && sdk.CodeOf(err) != sdk.CodePermanent {
			return err
		}
	}
	return w.remove(v.HREF, "deleting the servers of %s", v.Name)
}

// vdcHREF is the address by which records name a VDC.
func (w *work) vdcHREF(ref *types.Reference) string { return w.cloud.api() + "/vdc/" + uuid(ref.HREF) }

// removeCatalogs deletes the organization's own catalogs. The organization
// also lists those that others share with it, so the records are asked.
func (w *work) removeCatalogs(t *tenant) error {
	catalogs, err := query(w.client, types.QtAdminCatalog, is("orgName", t.org.AdminOrg.Name), func(r *types.QueryResultRecordsType) []*types.CatalogRecord {
		return r.AdminCatalogRecord
	})
	if err != nil {
		return err
	}
	for _, catalog := range catalogs {
		if catalog.OrgName != t.org.AdminOrg.Name {
			continue
		}
		href := w.cloud.api() + "/admin/catalog/" + uuid(catalog.HREF) + "?force=true&recursive=true"
		if err := w.remove(href, "deleting the catalog %s", catalog.Name); err != nil {
			return err
		}
	}
	return nil
}

// removeNetworks deletes the networks, then the edge gateways they hang on.
func (w *work) removeNetworks(t *tenant) error {
	for _, vdc := range t.vdcs() {
		owner := "urn:vcloud:vdc:" + uuid(vdc.HREF)
		networks, err := t.org.GetAllOpenApiOrgVdcNetworks(url.Values{"filter": {"ownerRef.id==" + owner}}, false)
		if err != nil {
			return w.wrap(err, "listing the networks of %s", w.orgName())
		}
		for _, n := range networks {
			if err := w.forgiven(n.Delete(), "deleting the network %s", n.OpenApiOrgVdcNetwork.Name); err != nil {
				return err
			}
		}
		edges, err := w.edges(owner)
		if err != nil {
			return err
		}
		for _, e := range edges {
			if err := w.forgiven(e.Delete(), "deleting the edge gateway %s", e.EdgeGateway.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) removeVdcs(t *tenant) error {
	for _, ref := range t.vdcs() {
		vdc, err := t.org.GetAdminVDCByHref(w.cloud.api() + "/admin/vdc/" + uuid(ref.HREF))
		if err != nil {
			if err := w.forgiven(err, "reading the VDC %s", ref.Name); err != nil {
				return err
			}
			continue
		}
		if err := w.removeVdc(vdc); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) removeVdc(vdc *govcd.AdminVdc) error {
	if vdc.AdminVdc.IsEnabled {
		err := w.vcd.Client.ExecuteRequestWithoutResponse(vdc.AdminVdc.HREF+"/action/disable", http.MethodPost, "", "%s", nil)
		if err := w.forgiven(err, "disabling the VDC %s", vdc.AdminVdc.Name); err != nil {
			return err
		}
	}
	return w.remove(vdc.AdminVdc.HREF+"?force=true&recursive=true", "deleting the VDC %s", vdc.AdminVdc.Name)
}
