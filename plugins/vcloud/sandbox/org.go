package sandbox

import (
	"net/http"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// adminRole is the role that every organization has.
const adminRole = "Organization Administrator"

func (c *Cloud) listOrgs(in call) answer {
	out := types.OrgList{}
	for _, o := range c.state.Orgs {
		out.Org = append(out.Org, &types.Org{HREF: in.base + "/org/" + o.ID, Name: o.Name})
	}
	return say("OrgList", out)
}

func (c *Cloud) createOrg(in call) answer {
	want, bad := readXML[types.AdminOrg](in)
	if bad != nil {
		return *bad
	}
	if want.Name == "" || want.FullName == "" || strings.ContainsAny(want.Name, " /") {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "The name of an organization cannot be "+want.Name+".")
	}
	if s := want.OrgSettings; s != nil && s.OrgVAppLeaseSettings != nil && (s.OrgVAppLeaseSettings.DeploymentLeaseSeconds == nil || s.OrgVAppTemplateSettings == nil) {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "Lease settings are set all or none.")
	}
	if c.state.Names[want.Name] != "" {
		return duplicate(want.Name)
	}
	o := c.addOrg(want.Name)
	o.FullName, o.Description, o.Enabled = want.FullName, want.Description, want.IsEnabled
	if s := want.OrgSettings; s != nil && s.OrgGeneralSettings != nil {
		o.VMQuota = s.OrgGeneralSettings.DeployedVMQuota
	}
	_, refused := c.start("orgCreateOrg", o.ID, o.object(), func(ok bool) {
		if !ok {
			c.forgetOrg(o)
		}
	})
	if refused != nil {
		return *refused
	}
	if c.state.Orgs[o.ID] == nil {
		return refuse(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", "The organization could not be created.")
	}
	out := say("AdminOrg", c.orgXML(in, o))
	out.status = http.StatusCreated
	return out
}

func (c *Cloud) addOrg(name string) *org {
	o := &org{ID: newID(), Name: name, FullName: name, Enabled: true, Metadata: map[string]entry{}}
	c.state.Orgs[o.ID], c.state.Names[name], c.dirty = o, o.ID, true
	return o
}

func (c *Cloud) getOrg(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	return say("AdminOrg", c.orgXML(in, o))
}

func (c *Cloud) orgXML(in call, o *org) *types.AdminOrg {
	href := o.object().href(in.base)
	out := &types.AdminOrg{
		Xmlns: types.XMLNamespaceVCloud, HREF: href, Type: "application/vnd.vmware.admin.organization+xml", ID: o.object().urn(),
		Name: o.Name, FullName: o.FullName, Description: o.Description, IsEnabled: o.Enabled, Tasks: c.running(in.base, o.ID),
		Users: &types.OrgUserList{}, Vdcs: &types.VDCList{}, Catalogs: &types.CatalogsList{},
		OrgSettings:    &types.OrgSettings{OrgGeneralSettings: &types.OrgGeneralSettings{DeployedVMQuota: o.VMQuota, StoredVMQuota: o.VMQuota}},
		RoleReferences: &types.OrgRoleType{RoleReference: []*types.Reference{{HREF: in.base + "/admin/org/" + o.ID + "/role/1", Name: adminRole}}},
	}
	for _, u := range o.Users {
		out.Users.User = append(out.Users.User, &types.Reference{HREF: in.base + "/admin/user/" + u.ID, Name: u.Name})
	}
	for _, id := range o.VDCs {
		out.Vdcs.Vdcs = append(out.Vdcs.Vdcs, &types.Reference{HREF: in.base + "/admin/vdc/" + id, Name: c.state.VDCs[id].Name})
	}
	// Catalogs that other organizations share are listed too.
	for _, catalog := range c.state.Catalogs {
		out.Catalogs.Catalog = append(out.Catalogs.Catalog, &types.Reference{HREF: in.base + "/admin/catalog/" + catalog.ID, Name: catalog.Name})
	}
	return out
}

func (c *Cloud) enableOrg(in call) answer { return c.switchOrg(in, true) }

func (c *Cloud) disableOrg(in call) answer { return c.switchOrg(in, false) }

func (c *Cloud) switchOrg(in call, on bool) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	if c.busy[o.ID] != "" {
		return busyWith(o.Name)
	}
	o.Enabled, c.dirty = on, true
	return done()
}

func (c *Cloud) deleteOrg(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	if o.Enabled {
		return refuse(http.StatusBadRequest, "OPERATION_NOT_SUPPORTED", "The organization "+o.Name+" is enabled.")
	}
	for _, id := range o.VDCs {
		if len(c.state.VDCs[id].Servers) > 0 {
			return refuse(http.StatusBadRequest, "BAD_REQUEST", "The organization "+o.Name+" has servers.")
		}
	}
	t, refused := c.start("orgDeleteOrg", o.ID, o.object(), func(ok bool) {
		if ok {
			c.forgetOrg(o)
		}
	})
	return accepted(in, t, refused)
}

func (c *Cloud) getMetadata(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	out := types.Metadata{Xmlns: types.XMLNamespaceVCloud, Xsi: types.XMLNamespaceXSI, HREF: in.base + "/admin/org/" + o.ID + "/metadata"}
	for key, e := range o.Metadata {
		out.MetadataEntry = append(out.MetadataEntry, &types.MetadataEntry{
			Key: key, Domain: &types.MetadataDomainTag{Domain: e.Domain, Visibility: e.Visibility},
			TypedValue: &types.MetadataTypedValue{XsiType: e.Kind, Value: e.Value},
		})
	}
	return say("Metadata", out)
}

func (c *Cloud) getEntry(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	e, ok := o.Metadata[in.PathValue("key")]
	if !ok || e.Domain != "SYSTEM" {
		return hidden("metadata", in.PathValue("key"))
	}
	return say("MetadataValue", types.MetadataValue{
		Xmlns: types.XMLNamespaceVCloud, Xsi: types.XMLNamespaceXSI, Domain: &types.MetadataDomainTag{Domain: e.Domain, Visibility: e.Visibility},
		TypedValue: &types.MetadataTypedValue{XsiType: e.Kind, Value: e.Value},
	})
}

func (c *Cloud) putEntry(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	want, bad := readXML[types.MetadataValue](in)
	if bad != nil {
		return *bad
	}
	if want.TypedValue == nil || want.Domain == nil {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "An entry needs a domain and a typed value.")
	}
	t, refused := c.start("metadataUpdate", o.ID, o.object(), func(ok bool) {
		if ok {
			o.Metadata[in.PathValue("key")] = entry{"SYSTEM", want.Domain.Visibility, want.TypedValue.XsiType, want.TypedValue.Value}
		}
	})
	return accepted(in, t, refused)
}

func (c *Cloud) mergeMetadata(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	want, bad := readXML[types.Metadata](in)
	if bad != nil {
		return *bad
	}
	t, refused := c.start("metadataUpdate", o.ID, o.object(), func(ok bool) {
		for _, e := range want.MetadataEntry {
			if ok && e.TypedValue != nil && e.Domain != nil {
				o.Metadata[e.Key] = entry{e.Domain.Domain, e.Domain.Visibility, e.TypedValue.XsiType, e.TypedValue.Value}
			}
		}
	})
	return accepted(in, t, refused)
}

func (c *Cloud) createUser(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	want, bad := readXML[types.User](in)
	if bad != nil {
		return *bad
	}
	if want.Name == "" || len(want.Password) < 6 || want.Role == nil {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "A user needs a name, a password of 6 characters and a role.")
	}
	for _, u := range o.Users {
		if u.Name == want.Name {
			return duplicate(want.Name)
		}
	}
	u := user{ID: newID(), Name: want.Name, Password: want.Password, Role: want.Role.Name}
	o.Users, c.dirty = append(o.Users, u), true
	out := say("User", types.User{Xmlns: types.XMLNamespaceVCloud, Href: in.base + "/admin/user/" + u.ID, Name: u.Name, IsEnabled: want.IsEnabled, Role: want.Role})
	out.status = http.StatusCreated
	return out
}

func (c *Cloud) deleteCatalog(in call) answer {
	if c.state.Catalogs[in.id] == nil {
		return hidden("catalog", in.id)
	}
	catalog := c.state.Catalogs[in.id]
	t, refused := c.start("catalogDelete", catalog.OrgID, object{"catalog", "/admin/catalog/", catalog.ID, catalog.Name}, func(ok bool) {
		if ok {
			delete(c.state.Catalogs, catalog.ID)
		}
	})
	return accepted(in, t, refused)
}
