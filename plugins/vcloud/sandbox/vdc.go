package sandbox

import (
	"net/http"
	"slices"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

func (c *Cloud) createVdc(in call) answer {
	o := c.state.Orgs[in.id]
	if o == nil {
		return hidden("org", in.id)
	}
	want, bad := readXML[types.VdcConfiguration](in)
	if bad != nil {
		return *bad
	}
	if wrong := c.checkVdc(in, want); wrong != nil {
		return *wrong
	}
	for _, id := range o.VDCs {
		if c.state.VDCs[id].Name == want.Name {
			return duplicate(want.Name)
		}
	}
	profile, capacity := want.VdcStorageProfile[0], want.ComputeCapacity[0]
	v := &vdc{
		ID: newID(), OrgID: o.ID, Name: want.Name, Model: want.AllocationModel, Enabled: want.IsEnabled, CPU: *capacity.CPU, Memory: *capacity.Memory,
		CoreMHz: want.VCpuInMhz, NetworkQuota: want.NetworkQuota, VMQuota: want.VmQuota, DiskMB: profile.Limit,
	}
	c.state.VDCs[v.ID], o.VDCs = v, append(o.VDCs, v.ID)
	t, refused := c.start("vdcCreateVdc", o.ID, v.object(), func(ok bool) {
		v.Status = 1
		if !ok {
			v.Status = -1
		}
	})
	if refused != nil {
		return *refused
	}
	body := c.vdcXML(in, v)
	body.Tasks = &types.TasksInProgress{Task: []*types.Task{t.xml(in.base)}}
	out := say("AdminVdc", body)
	out.status = http.StatusCreated
	return out
}

// checkVdc refuses what the API refuses: missing parts, unknown references,
// and an allocation that the model does not have.
func (c *Cloud) checkVdc(in call, want types.VdcConfiguration) *answer {
	bad := func(message string) *answer {
		out := refuse(http.StatusBadRequest, "BAD_REQUEST", message)
		return &out
	}
	switch {
	case want.Name == "" || len(want.ComputeCapacity) != 1 || len(want.VdcStorageProfile) != 1:
		return bad("A VDC needs a name, a compute capacity and a storage profile.")
	case want.ComputeCapacity[0].CPU == nil || want.ComputeCapacity[0].Memory == nil:
		return bad("A compute capacity needs CPU and memory.")
	case !slices.Contains([]string{"AllocationVApp", "AllocationPool", "ReservationPool", "Flex"}, want.AllocationModel):
		return bad("There is no allocation model " + want.AllocationModel + ".")
	case want.AllocationModel == "Flex" && (want.IsElastic == nil || want.IncludeMemoryOverhead == nil):
		return bad("The model Flex needs IsElastic and IncludeMemoryOverhead.")
	case want.AllocationModel == "ReservationPool" && want.ComputeCapacity[0].CPU.Allocated != want.ComputeCapacity[0].CPU.Limit:
		return bad("The model ReservationPool allocates all of the limit.")
	case want.ProviderVdcReference == nil || want.ProviderVdcReference.HREF != providerHREF(in):
		return bad("There is no such provider VDC.")
	case want.VdcStorageProfile[0].ProviderVdcStorageProfile == nil || want.VdcStorageProfile[0].ProviderVdcStorageProfile.HREF != profileHREF(in):
		return bad("There is no such storage profile.")
	case want.VdcStorageProfile[0].Units != "MB" || want.ComputeCapacity[0].CPU.Units != "MHz" || want.ComputeCapacity[0].Memory.Units != "MB":
		return bad("Units are MHz and MB.")
	}
	return nil
}

func (c *Cloud) vdcXML(in call, v *vdc) types.AdminVdc {
	cores, memory, _ := c.used(v)
	cpu, mem := v.CPU, v.Memory
	cpu.Used, mem.Used = cores*v.CoreMHz, memory
	var speed *int64 // a reservation pool has none
	if v.Model != "ReservationPool" {
		speed = &v.CoreMHz
	}
	return types.AdminVdc{
		Xmlns: types.XMLNamespaceVCloud,
		Vdc: types.Vdc{
			HREF: v.object().href(in.base), Type: types.MimeAdminVDC, ID: v.object().urn(), Name: v.Name, Status: v.Status, Tasks: c.running(in.base, v.ID),
			AllocationModel: v.Model, ComputeCapacity: []*types.ComputeCapacity{{CPU: &cpu, Memory: &mem}}, NetworkQuota: v.NetworkQuota, VMQuota: v.VMQuota,
			IsEnabled: v.Enabled, UsedNetworkCount: len(v.Networks),
			VdcStorageProfiles: &types.VdcStorageProfiles{VdcStorageProfile: []*types.Reference{{HREF: in.base + "/vdcStorageProfile/" + v.ID, Name: c.cfg.StorageProfile}}},
		},
		VCpuInMhz: speed, VCpuInMhz2: speed, ProviderVdcReference: &types.Reference{HREF: providerHREF(in), Name: c.cfg.ProviderVDC},
	}
}

func (c *Cloud) getVdc(in call) answer {
	v := c.state.VDCs[in.id]
	if v == nil {
		return hidden("vdc", in.id)
	}
	return say("AdminVdc", c.vdcXML(in, v))
}

func (c *Cloud) updateVdc(in call) answer {
	v := c.state.VDCs[in.id]
	if v == nil {
		return hidden("vdc", in.id)
	}
	want, bad := readXML[types.AdminVdc](in)
	if bad != nil {
		return *bad
	}
	if len(want.ComputeCapacity) != 1 || want.ComputeCapacity[0].CPU == nil || want.ComputeCapacity[0].Memory == nil {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "A compute capacity needs CPU and memory.")
	}
	t, refused := c.start("vdcUpdateVdc", v.OrgID, v.object(), func(ok bool) {
		if !ok {
			return
		}
		v.CPU, v.Memory = *want.ComputeCapacity[0].CPU, *want.ComputeCapacity[0].Memory
		v.NetworkQuota, v.VMQuota = want.NetworkQuota, want.VMQuota
		if want.VCpuInMhz != nil {
			v.CoreMHz = *want.VCpuInMhz
		}
	})
	return accepted(in, t, refused)
}

func (c *Cloud) enableVdc(in call) answer { return c.switchVdc(in, true) }

func (c *Cloud) disableVdc(in call) answer { return c.switchVdc(in, false) }

func (c *Cloud) switchVdc(in call, on bool) answer {
	v := c.state.VDCs[in.id]
	if v == nil {
		return hidden("vdc", in.id)
	}
	if c.busy[v.ID] != "" {
		return busyWith(v.Name)
	}
	v.Enabled, c.dirty = on, true
	return done()
}

func (c *Cloud) deleteVdc(in call) answer {
	v := c.state.VDCs[in.id]
	if v == nil {
		return hidden("vdc", in.id)
	}
	if v.Enabled {
		return refuse(http.StatusBadRequest, "OPERATION_NOT_SUPPORTED", "The VDC "+v.Name+" is enabled.")
	}
	for _, id := range v.Servers {
		if c.state.Servers[id].On {
			return refuse(http.StatusBadRequest, "BAD_REQUEST", "The VDC "+v.Name+" has running servers.")
		}
	}
	if len(v.Edges) > 0 {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "The VDC "+v.Name+" has an edge gateway.")
	}
	t, refused := c.start("vdcDeleteVdc", v.OrgID, v.object(), func(ok bool) {
		if ok {
			c.forgetVdc(v)
		}
	})
	return accepted(in, t, refused)
}

func (c *Cloud) getProfile(in call) answer {
	v := c.state.VDCs[in.id]
	if v == nil {
		return hidden("vdcStorageProfile", in.id)
	}
	_, _, disk := c.used(v)
	return say("VdcStorageProfile", types.VdcStorageProfile{
		ID: "urn:vcloud:vdcstorageProfile:" + v.ID, Xmlns: types.XMLNamespaceVCloud, Name: c.cfg.StorageProfile, Enabled: new(true), Units: "MB",
		Limit: v.DiskMB, Default: true, StorageUsedMB: disk, ProviderVdcStorageProfile: &types.Reference{HREF: profileHREF(in), Name: c.cfg.StorageProfile},
	})
}

func (c *Cloud) updateProfile(in call) answer {
	v := c.state.VDCs[in.id]
	if v == nil {
		return hidden("vdcStorageProfile", in.id)
	}
	want, bad := readXML[types.AdminVdcStorageProfile](in)
	if bad != nil {
		return *bad
	}
	if want.Units != "MB" {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "The unit is MB.")
	}
	v.DiskMB, c.dirty = want.Limit, true
	return say("AdminVdcStorageProfile", want)
}
