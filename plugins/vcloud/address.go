package vcloud

import (
	"net/netip"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// ensureAddresses makes the tenant's edge gateway hold exactly the bought
// number of addresses of the external network. The first is the gateway's
// own, which the customer uses as any other.
func (w *work) ensureAddresses(t *tenant) error {
	want := w.want().ips
	switch {
	case t.edge == nil && want == 0:
		return nil
	case t.edge != nil && (t.edge.EdgeGateway.Status == "PENDING" || t.edge.EdgeGateway.Status == "CONFIGURING"):
		return sdk.NotYet(busyPause, "The cloud still configures the edge gateway of %s.", w.orgName())
	case want == 0:
		return w.forgiven(t.edge.Delete(), "removing the edge gateway of %s", w.orgName())
	case t.edge == nil:
		return w.createEdge(t, want)
	case addresses(t.edge) == want:
		return nil
	}
	return w.resizeEdge(t, want)
}

func (w *work) createEdge(t *tenant, want int64) error {
	place, err := w.subnetWith(want)
	if err != nil {
		return err
	}
	vdc := &types.OpenApiReference{ID: t.vdc.AdminVdc.ID, Name: t.vdc.AdminVdc.Name}
	_, err = t.org.CreateNsxtEdgeGateway(&types.OpenAPIEdgeGateway{
		Name: w.orgName(), Description: "Made by " + w.settings.Mark, OwnerRef: vdc,
		EdgeGatewayUplinks: []types.EdgeGatewayUplinks{{
			UplinkID: place.network.ID, UplinkName: place.network.Name,
			Subnets: types.OpenAPIEdgeGatewaySubnets{Values: []types.OpenAPIEdgeGatewaySubnetValue{{
				Gateway: place.Gateway, PrefixLength: place.PrefixLength, Enabled: true, AutoAllocateIPRanges: true, TotalIPCount: new(int(want)),
			}}},
		}},
	})
	return w.wrap(err, "creating the edge gateway of %s", w.orgName())
}

// subnet is one of the external network.
type subnet struct {
	network *types.ExternalNetworkV2
	types.ExternalNetworkV2Subnet
}

// subnetWith finds a subnet of the external network with that many free
// addresses.
func (w *work) subnetWith(want int64) (subnet, error) {
	network, err := w.externalNetwork()
	if err != nil {
		return subnet{}, err
	}
	if network.UsingIpSpace != nil && *network.UsingIpSpace {
		return subnet{}, sdk.Permanent("The external network %q gives its addresses by IP spaces, which cannot be sold one by one. Name another in the settings.", network.Name)
	}
	most := int64(0)
	for _, s := range network.Subnets.Values {
		gateway, err := netip.ParseAddr(s.Gateway)
		if err != nil || !gateway.Is4() || !s.Enabled {
			continue
		}
		free := int64(s.TotalIPCount - s.UsedIPCount)
		if free >= want {
			return subnet{network, s}, nil
		}
		most = max(most, free)
	}
	return subnet{}, sdk.Permanent("parameters.ips: The external network %q has %d free addresses in one subnet, and %d are wanted.", network.Name, most, want)
}

// resizeEdge sets the number of addresses, all in the gateway's first subnet
// that has any.
func (w *work) resizeEdge(t *tenant, want int64) error {
	e := t.edge.EdgeGateway
	rest := want
	last := (*types.OpenAPIEdgeGatewaySubnetValue)(nil)
	for u := range e.EdgeGatewayUplinks {
		for i := range e.EdgeGatewayUplinks[u].Subnets.Values {
			s := &e.EdgeGatewayUplinks[u].Subnets.Values[i]
			if s.TotalIPCount == nil || *s.TotalIPCount == 0 {
				continue
			}
			if last != nil {
				rest -= int64(*s.TotalIPCount)
				continue
			}
			last = s
		}
	}
	if last == nil || rest < 1 {
		return sdk.Permanent("The edge gateway of %s has its addresses spread over subnets; set them to %d by hand.", w.orgName(), want)
	}
	last.AutoAllocateIPRanges, last.TotalIPCount = true, new(int(rest))
	_, err := t.edge.Update(e)
	return w.wrap(err, "setting the addresses of %s", w.orgName())
}

// addresses is how many the gateway holds.
func addresses(edge *govcd.NsxtEdgeGateway) int64 {
	return countAddresses(edge, func(s types.OpenAPIEdgeGatewaySubnetValue) int {
		if s.TotalIPCount == nil {
			return 0
		}
		return *s.TotalIPCount
	})
}

// usedAddresses is how many are used by something: the gateway's own does not
// count.
func usedAddresses(edge *govcd.NsxtEdgeGateway) int64 {
	used := countAddresses(edge, func(s types.OpenAPIEdgeGatewaySubnetValue) int { return s.UsedIPCount })
	if used == 1 {
		return 0
	}
	return used
}

func countAddresses(edge *govcd.NsxtEdgeGateway, of func(types.OpenAPIEdgeGatewaySubnetValue) int) (n int64) {
	if edge == nil {
		return 0
	}
	for _, uplink := range edge.EdgeGateway.EdgeGatewayUplinks {
		for _, s := range uplink.Subnets.Values {
			n += int64(of(s))
		}
	}
	return n
}

// routedNetworks is how many networks hang on the gateway.
func routedNetworks(edge *govcd.NsxtEdgeGateway) int {
	if edge == nil || edge.EdgeGateway.OrgVdcNetworkCount == nil {
		return 0
	}
	return *edge.EdgeGateway.OrgVdcNetworkCount
}
