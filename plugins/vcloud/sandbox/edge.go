package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// The one subnet of the external network.
const (
	subnetGateway = "203.0.113.1"
	subnetPrefix  = 23
	networkURN    = "urn:vcloud:network:00000000-0000-4000-8000-000000000003"
)

// taken is how many addresses of the external network edge gateways hold.
func (c *Cloud) taken() (n int) {
	for _, e := range c.state.Edges {
		n += e.Total
	}
	return n
}

// equals is what a filter of the JSON API wants a field to be, "" when it
// wants nothing.
func equals(in call, field string) string {
	for term := range strings.SplitSeq(in.URL.Query().Get("filter"), ";") {
		if value, ok := strings.CutPrefix(strings.Trim(term, "()"), field+"=="); ok {
			return value
		}
	}
	return ""
}

func (c *Cloud) listExternalNetworks(in call) answer {
	if name := equals(in, "name"); name != "" && name != c.cfg.ExternalNetwork {
		return pages[types.ExternalNetworkV2](nil)
	}
	return pages([]types.ExternalNetworkV2{{
		ID: networkURN, Name: c.cfg.ExternalNetwork,
		Subnets: types.ExternalNetworkV2Subnets{Values: []types.ExternalNetworkV2Subnet{{
			Gateway: subnetGateway, PrefixLength: subnetPrefix, Enabled: true, TotalIPCount: c.cfg.Addresses, UsedIPCount: c.taken(),
		}}},
		TotalIpCount: new(c.cfg.Addresses), UsedIpCount: new(c.taken()),
	}})
}

func (e *edge) object() object { return object{"gateway", "/admin/edgeGateway/", e.ID, e.Name} }

func (c *Cloud) edgeJSON(e *edge) types.OpenAPIEdgeGateway {
	networks := 0
	for _, id := range c.state.VDCs[e.VDCID].Networks {
		if c.state.Networks[id].EdgeID == e.ID {
			networks++
		}
	}
	status := "REALIZED"
	if c.busy[e.ID] != "" {
		status = "PENDING"
	}
	owner := &types.OpenApiReference{ID: "urn:vcloud:vdc:" + e.VDCID, Name: c.state.VDCs[e.VDCID].Name}
	return types.OpenAPIEdgeGateway{
		Status: status, ID: e.object().urn(), Name: e.Name, OwnerRef: owner, OrgVdc: owner, OrgVdcNetworkCount: &networks,
		GatewayBacking: &types.OpenAPIEdgeGatewayBacking{GatewayType: "NSXT_BACKED"},
		EdgeGatewayUplinks: []types.EdgeGatewayUplinks{{
			UplinkID: networkURN, UplinkName: c.cfg.ExternalNetwork, Connected: true, BackingType: new("NSXT_TIER0"),
			Subnets: types.OpenAPIEdgeGatewaySubnets{Values: []types.OpenAPIEdgeGatewaySubnetValue{{
				Gateway: subnetGateway, PrefixLength: subnetPrefix, Enabled: true, TotalIPCount: new(e.Total), UsedIPCount: e.Used, PrimaryIP: "203.0.113.2",
			}}},
		}},
	}
}

func (c *Cloud) listEdges(in call) answer {
	owner := last(equals(in, "ownerRef.id"))
	var out []types.OpenAPIEdgeGateway
	for _, v := range c.vdcsOr(owner) {
		for _, id := range v.Edges {
			out = append(out, c.edgeJSON(c.state.Edges[id]))
		}
	}
	return pages(out)
}

// vdcsOr is one VDC, or all of them when none is named.
func (c *Cloud) vdcsOr(id string) (out []*vdc) {
	if id != "" {
		if v := c.state.VDCs[id]; v != nil {
			return []*vdc{v}
		}
		return nil
	}
	for _, v := range c.state.VDCs {
		out = append(out, v)
	}
	return out
}

func (c *Cloud) getEdge(in call) answer {
	e := c.state.Edges[in.id]
	if e == nil {
		return hidden("gateway", in.id)
	}
	return sayJSON(http.StatusOK, c.edgeJSON(e))
}

// total is how many addresses an edge gateway is to hold; an automatic
// allocation is the only one that the sandbox makes.
func (c *Cloud) total(want types.OpenAPIEdgeGateway, have int) (int, *answer) {
	bad := func(message string) (int, *answer) {
		out := refuse(http.StatusBadRequest, "BAD_REQUEST", message)
		return 0, &out
	}
	if len(want.EdgeGatewayUplinks) != 1 || want.EdgeGatewayUplinks[0].UplinkID != networkURN || len(want.EdgeGatewayUplinks[0].Subnets.Values) != 1 {
		return bad("An edge gateway needs one uplink with one subnet.")
	}
	subnet := want.EdgeGatewayUplinks[0].Subnets.Values[0]
	if subnet.TotalIPCount == nil || *subnet.TotalIPCount < 1 || subnet.Gateway != subnetGateway {
		return bad("A subnet needs its gateway and at least one address.")
	}
	if !subnet.AutoAllocateIPRanges {
		return have, nil
	}
	if free := c.cfg.Addresses - c.taken() + have; *subnet.TotalIPCount > free {
		return bad(fmt.Sprintf("%d addresses are wanted and %d are free.", *subnet.TotalIPCount, free))
	}
	return *subnet.TotalIPCount, nil
}

func (c *Cloud) createEdge(in call) answer {
	want, bad := readJSON[types.OpenAPIEdgeGateway](in)
	if bad != nil {
		return *bad
	}
	if want.OwnerRef == nil || c.state.VDCs[last(want.OwnerRef.ID)] == nil {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "The owner does not exist.")
	}
	v := c.state.VDCs[last(want.OwnerRef.ID)]
	for _, id := range v.Edges {
		if c.state.Edges[id].Name == want.Name {
			return duplicate(want.Name)
		}
	}
	total, bad := c.total(want, 0)
	if bad != nil {
		return *bad
	}
	e := &edge{ID: newID(), Name: want.Name, VDCID: v.ID, Total: total, Used: 1}
	c.state.Edges[e.ID], v.Edges = e, append(v.Edges, e.ID)
	t, refused := c.start("edgeGatewayCreate", v.OrgID, e.object(), func(ok bool) {
		if !ok {
			c.forgetEdge(e)
		}
	})
	return located(in, t, refused)
}

func (c *Cloud) forgetEdge(e *edge) {
	delete(c.state.Edges, e.ID)
	if v := c.state.VDCs[e.VDCID]; v != nil {
		v.Edges = without(v.Edges, e.ID)
	}
}

func (c *Cloud) updateEdge(in call) answer {
	e := c.state.Edges[in.id]
	if e == nil {
		return hidden("gateway", in.id)
	}
	want, bad := readJSON[types.OpenAPIEdgeGateway](in)
	if bad != nil {
		return *bad
	}
	total, bad := c.total(want, e.Total)
	if bad != nil {
		return *bad
	}
	if total < e.Used {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "Addresses that are in use cannot be taken away.")
	}
	t, refused := c.start("edgeGatewayUpdate", c.state.VDCs[e.VDCID].OrgID, e.object(), func(ok bool) {
		if ok {
			e.Total = total
		}
	})
	return located(in, t, refused)
}

func (c *Cloud) deleteEdge(in call) answer {
	e := c.state.Edges[in.id]
	if e == nil {
		return hidden("gateway", in.id)
	}
	if *c.edgeJSON(e).OrgVdcNetworkCount > 0 {
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "Networks hang on the edge gateway.")
	}
	t, refused := c.start("edgeGatewayDelete", c.state.VDCs[e.VDCID].OrgID, e.object(), func(ok bool) {
		if ok {
			c.forgetEdge(e)
		}
	})
	return located(in, t, refused)
}

func (c *Cloud) listNetworks(in call) answer {
	var out []types.OpenApiOrgVdcNetwork
	for _, v := range c.vdcsOr(last(equals(in, "ownerRef.id"))) {
		for _, id := range v.Networks {
			n := c.state.Networks[id]
			out = append(out, types.OpenApiOrgVdcNetwork{
				ID: "urn:vcloud:network:" + n.ID, Name: n.Name, NetworkType: "NAT_ROUTED", OwnerRef: &types.OpenApiReference{ID: "urn:vcloud:vdc:" + v.ID, Name: v.Name},
			})
		}
	}
	return pages(out)
}

func (c *Cloud) deleteNetwork(in call) answer {
	n := c.state.Networks[in.id]
	if n == nil {
		return hidden("network", in.id)
	}
	v := c.state.VDCs[n.VDCID]
	t, refused := c.start("orgVdcNetworkDelete", v.OrgID, object{"network", "/admin/network/", n.ID, n.Name}, func(ok bool) {
		if ok {
			delete(c.state.Networks, n.ID)
			v.Networks = slices.Clip(without(v.Networks, n.ID))
		}
	})
	return located(in, t, refused)
}
