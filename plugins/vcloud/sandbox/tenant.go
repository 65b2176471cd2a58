package sandbox

import (
	"fmt"
	"slices"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// Server is what a tenant asks for.
type Server struct {
	Name                    string
	Cores, MemoryGb, DiskGb int64
	Off                     bool // created, but not started
}

// CreateServer makes a server in the organization's first VDC, as its tenant
// does, and starts it. What the limits do not allow is an error.
func (c *Cloud) CreateServer(orgName string, s Server) (id string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, err := c.place(orgName)
	if err != nil {
		return "", err
	}
	_, _, disk := c.used(v)
	if v.DiskMB > 0 && disk+s.DiskGb*1024 > v.DiskMB {
		return "", fmt.Errorf("the storage profile of %s has %d MB, and %d are wanted", v.Name, v.DiskMB, disk+s.DiskGb*1024)
	}
	if v.VMQuota > 0 && len(v.Servers) >= v.VMQuota {
		return "", fmt.Errorf("the VDC %s may have %d servers", v.Name, v.VMQuota)
	}
	made := &server{
		ID: newID(), VAppID: newID(), VDCID: v.ID, Name: s.Name, Cores: s.Cores, MemoryMB: s.MemoryGb * 1024, DiskMB: s.DiskGb * 1024, Born: c.cfg.Clock.Now(),
	}
	if !s.Off {
		if err := c.fits(v, made); err != nil {
			return "", err
		}
		made.On = true
	}
	c.state.Servers[made.ID], v.Servers = made, append(v.Servers, made.ID)
	c.log("vdcInstantiateVapp", v, made.vapp())
	return made.ID, c.save()
}

// place is where a tenant's server goes.
func (c *Cloud) place(orgName string) (*vdc, error) {
	o := c.state.Orgs[c.state.Names[orgName]]
	if o == nil || len(o.VDCs) == 0 {
		return nil, fmt.Errorf("there is no organization %s with a VDC", orgName)
	}
	v := c.state.VDCs[o.VDCs[0]]
	if !o.Enabled || !v.Enabled {
		return nil, fmt.Errorf("the organization %s or its VDC is disabled", orgName)
	}
	return v, nil
}

// fits tells whether the VDC's limits let a server start.
func (c *Cloud) fits(v *vdc, s *server) error {
	cores, memory, _ := c.used(v)
	if mhz := (cores + s.Cores) * v.CoreMHz; v.CPU.Limit > 0 && mhz > v.CPU.Limit {
		return fmt.Errorf("the VDC %s has %d MHz, and %d are wanted", v.Name, v.CPU.Limit, mhz)
	}
	if v.Memory.Limit > 0 && memory+s.MemoryMB > v.Memory.Limit {
		return fmt.Errorf("the VDC %s has %d MB of memory, and %d are wanted", v.Name, v.Memory.Limit, memory+s.MemoryMB)
	}
	return nil
}

// log keeps the task of something that has just happened.
func (c *Cloud) log(operation string, v *vdc, on object) {
	t := &task{ID: newID(), Operation: operation, Status: "success", Object: on, OrgID: v.OrgID, Start: c.cfg.Clock.Now(), End: c.cfg.Clock.Now()}
	c.state.Tasks[t.ID] = t
}

// StartServer starts a server when the limits allow it.
func (c *Cloud) StartServer(id string) error {
	return c.withServer(id, func(s *server, v *vdc) error {
		if err := c.fits(v, s); err != nil || s.On {
			return err
		}
		s.On = true
		c.log("vappDeploy", v, s.vm())
		return nil
	})
}

// StopServer stops a server.
func (c *Cloud) StopServer(id string) error {
	return c.withServer(id, func(s *server, v *vdc) error {
		s.On = false
		c.log("vappUndeployPowerOff", v, s.vm())
		return nil
	})
}

// DeleteServer removes a server, running or not.
func (c *Cloud) DeleteServer(id string) error {
	return c.withServer(id, func(s *server, v *vdc) error {
		c.forgetServer(s)
		c.log("vdcDeleteVapp", v, s.vapp())
		return nil
	})
}

func (c *Cloud) withServer(id string, do func(*server, *vdc) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state.Servers[id]
	if s == nil {
		return fmt.Errorf("there is no server %s", id)
	}
	if err := do(s, c.state.VDCs[s.VDCID]); err != nil {
		return err
	}
	return c.save()
}

func (c *Cloud) forgetServer(s *server) {
	delete(c.state.Servers, s.ID)
	if v := c.state.VDCs[s.VDCID]; v != nil {
		v.Servers = without(v.Servers, s.ID)
	}
}

// serverOf finds the server of a vApp.
func (c *Cloud) serverOf(vapp string) *server {
	for _, s := range c.state.Servers {
		if s.VAppID == vapp {
			return s
		}
	}
	return nil
}

func (c *Cloud) undeployVApp(in call) answer {
	s := c.serverOf(in.id)
	if s == nil {
		return hidden("vApp", in.id)
	}
	if _, bad := readXML[types.UndeployVAppParams](in); bad != nil {
		return *bad
	}
	t, refused := c.start("vappUndeployPowerOff", c.state.VDCs[s.VDCID].OrgID, s.vapp(), func(ok bool) {
		if ok {
			s.On = false
		}
	})
	return accepted(in, t, refused)
}

func (c *Cloud) deleteVApp(in call) answer {
	s := c.serverOf(in.id)
	if s == nil {
		return hidden("vApp", in.id)
	}
	if s.On {
		return refuse(400, "BAD_REQUEST", "The vApp "+s.Name+" is running.")
	}
	t, refused := c.start("vdcDeleteVapp", c.state.VDCs[s.VDCID].OrgID, s.vapp(), func(ok bool) {
		if ok {
			c.forgetServer(s)
		}
	})
	return accepted(in, t, refused)
}

// AddCatalog makes a catalog of an organization, which all others see.
func (c *Cloud) AddCatalog(orgName, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.state.Names[orgName]
	if id == "" {
		return fmt.Errorf("there is no organization %s", orgName)
	}
	made := &catalog{ID: newID(), Name: name, OrgID: id}
	c.state.Catalogs[made.ID] = made
	return c.save()
}

// AddNetwork makes a network in the organization's first VDC, on its edge
// gateway if it has one.
func (c *Cloud) AddNetwork(orgName, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, err := c.place(orgName)
	if err != nil {
		return err
	}
	made := &network{ID: newID(), Name: name, VDCID: v.ID}
	if len(v.Edges) > 0 {
		made.EdgeID = v.Edges[0]
	}
	c.state.Networks[made.ID], v.Networks = made, append(v.Networks, made.ID)
	return c.save()
}

// UseAddresses makes the organization's edge gateway use that many.
func (c *Cloud) UseAddresses(orgName string, n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, err := c.place(orgName)
	if err != nil {
		return err
	}
	if len(v.Edges) == 0 || n < 1 || n > c.state.Edges[v.Edges[0]].Total {
		return fmt.Errorf("the organization %s has no %d addresses", orgName, n)
	}
	c.state.Edges[v.Edges[0]].Used = n
	return c.save()
}

// AddOrganization makes an organization that belongs to somebody else.
func (c *Cloud) AddOrganization(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Names[name] != "" {
		return fmt.Errorf("there is an organization %s", name)
	}
	c.addOrg(name)
	return c.save()
}

// DropOrganization removes an organization with everything in it, as an
// operator does in the cloud's own portal.
func (c *Cloud) DropOrganization(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.state.Orgs[c.state.Names[name]]
	if o == nil {
		return fmt.Errorf("there is no organization %s", name)
	}
	c.forgetOrg(o)
	return c.save()
}

// DropUser removes the users of an organization.
func (c *Cloud) DropUser(orgName string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.state.Orgs[c.state.Names[orgName]]
	if o == nil {
		return fmt.Errorf("there is no organization %s", orgName)
	}
	o.Users = nil
	return c.save()
}

// Limits are those of an organization's first VDC.
type Limits struct {
	CPUMHz, MemoryMB, DiskMB int64
	Addresses                int
	Enabled                  bool
}

// SetLimits changes them, as an operator does in the cloud's own portal.
func (c *Cloud) SetLimits(orgName string, change func(*Limits)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.state.Orgs[c.state.Names[orgName]]
	if o == nil || len(o.VDCs) == 0 {
		return fmt.Errorf("there is no organization %s with a VDC", orgName)
	}
	v := c.state.VDCs[o.VDCs[0]]
	now := Limits{CPUMHz: v.CPU.Limit, MemoryMB: v.Memory.Limit, DiskMB: v.DiskMB, Enabled: v.Enabled}
	if len(v.Edges) > 0 {
		now.Addresses = c.state.Edges[v.Edges[0]].Total
	}
	change(&now)
	v.CPU.Limit, v.Memory.Limit, v.DiskMB, v.Enabled = now.CPUMHz, now.MemoryMB, now.DiskMB, now.Enabled
	if len(v.Edges) > 0 {
		c.state.Edges[v.Edges[0]].Total = now.Addresses
	}
	return c.save()
}

// Count is how many of everything the cloud has.
type Count struct{ Organizations, VDCs, Servers, EdgeGateways, Networks, Catalogs int }

// Count counts.
func (c *Cloud) Count() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state
	return Count{len(s.Orgs), len(s.VDCs), len(s.Servers), len(s.Edges), len(s.Networks), len(s.Catalogs)}
}

// Organizations are the names of all, sorted.
func (c *Cloud) Organizations() (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.state.Names {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
