package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// state is everything the cloud has, by identifier.
type state struct {
	Orgs     map[string]*org
	VDCs     map[string]*vdc
	Servers  map[string]*server
	Edges    map[string]*edge
	Networks map[string]*network
	Catalogs map[string]*catalog
	Tasks    map[string]*task
	Names    map[string]string // organizations by name
}

func newState() state {
	return state{
		Orgs: map[string]*org{}, VDCs: map[string]*vdc{}, Servers: map[string]*server{}, Edges: map[string]*edge{},
		Networks: map[string]*network{}, Catalogs: map[string]*catalog{}, Tasks: map[string]*task{}, Names: map[string]string{},
	}
}

type org struct {
	ID, Name, FullName, Description string
	Enabled                         bool
	VMQuota                         int
	Metadata                        map[string]entry
	Users                           []user
	VDCs                            []string
}

type entry struct{ Domain, Visibility, Kind, Value string }

type user struct{ ID, Name, Password, Role string }

type vdc struct {
	ID, OrgID, Name, Model   string
	Status                   int // 0 in the making, 1 ready, -1 failed
	Enabled                  bool
	CPU, Memory              types.CapacityWithUsage
	CoreMHz                  int64
	NetworkQuota, VMQuota    int
	DiskMB                   int64 // the limit of the storage profile, which has the VDC's identifier
	Servers, Edges, Networks []string
}

// server is a virtual machine in a vApp of its own.
type server struct {
	ID, VAppID, VDCID, Name string
	Cores, MemoryMB, DiskMB int64
	On                      bool
	Born                    time.Time
}

type edge struct {
	ID, Name, VDCID string
	Total, Used     int
}

type network struct{ ID, Name, VDCID, EdgeID string }

type catalog struct{ ID, Name, OrgID string }

// newID is a random identifier in the API's form.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// without is the list without an identifier.
func without(list []string, id string) []string {
	return slices.DeleteFunc(list, func(have string) bool { return have == id })
}

// used is what the VDC's servers use: compute while they run, disk always.
func (c *Cloud) used(v *vdc) (cores, memoryMB, diskMB int64) {
	for _, id := range v.Servers {
		s := c.state.Servers[id]
		diskMB += s.DiskMB
		if s.On {
			cores, memoryMB = cores+s.Cores, memoryMB+s.MemoryMB
		}
	}
	return cores, memoryMB, diskMB
}

// forgetVdc removes a VDC with everything in it.
func (c *Cloud) forgetVdc(v *vdc) {
	for _, id := range v.Servers {
		delete(c.state.Servers, id)
	}
	for _, id := range v.Edges {
		delete(c.state.Edges, id)
	}
	for _, id := range v.Networks {
		delete(c.state.Networks, id)
	}
	delete(c.state.VDCs, v.ID)
	if o := c.state.Orgs[v.OrgID]; o != nil {
		o.VDCs = without(o.VDCs, v.ID)
	}
}

// forgetOrg removes an organization with everything in it.
func (c *Cloud) forgetOrg(o *org) {
	for _, id := range slices.Clone(o.VDCs) {
		c.forgetVdc(c.state.VDCs[id])
	}
	for id, catalog := range c.state.Catalogs {
		if catalog.OrgID == o.ID {
			delete(c.state.Catalogs, id)
		}
	}
	delete(c.state.Orgs, o.ID)
	delete(c.state.Names, o.Name)
}
