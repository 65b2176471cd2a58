package vcloud

import (
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/document"
)

// Units of the API.
const (
	mbPerGb = 1024
	unitMHz = "MHz"
	unitMB  = "MB"
)

// sale is a subscription's documents, read.
type sale struct {
	id       int64
	settings settings
	plan     plan
	cloud    cloud
	chosen   quantity // by the customer
}

// choose finds the plan's cloud.
func (s *sale) choose(p *document.Problems) {
	c := s.settings.Clouds[s.plan.Cloud]
	p.That(c != nil || s.plan.Cloud == "", "plan.cloud", "The settings have no cloud %q.", s.plan.Cloud)
	if c == nil {
		return
	}
	s.cloud = *c
	pool := s.model() == allocationPool || s.model() == reservationPool
	if s.plan.Billing == payAsYouGo && pool {
		w := s.want()
		p.That(w.cores > 0 && w.memoryGb > 0, "plan.limits", "The allocation model %s needs limits of cores and memoryGb.", s.model())
	}
}

// model is the VDC's allocation model: the plan's, the cloud's, or what suits
// the billing.
func (s sale) model() string {
	switch {
	case s.plan.AllocationModel != "":
		return s.plan.AllocationModel
	case s.cloud.AllocationModel != "":
		return s.cloud.AllocationModel
	case s.plan.Billing == payAsYouGo:
		return allocationVApp
	}
	return allocationPool
}

// checkChosen looks at what the customer chose: each resource that is bought
// must be there, and fit into the cloud.
func (s *sale) checkChosen(p *document.Problems) {
	for _, a := range s.chosen.named() {
		field := "parameters." + a.name
		bought := s.plan.Billing == prepaid || a.name == "ips"
		p.That(bought || a.amount == nil, field, "This plan measures it; leave it out.")
		if !bought {
			continue
		}
		p.That(a.amount != nil || a.name == "ips" && s.plan.Billing == payAsYouGo, field, "Choose a number.")
		if a.amount == nil {
			continue
		}
		least := int64(1)
		if a.name == "ips" {
			least = 0
		}
		p.That(*a.amount >= least && *a.amount <= maxQuantity, field, "Choose a number between %d and %d.", least, maxQuantity)
		p.That(a.name != "ips" || *a.amount == 0 || s.cloud.name == "" || s.cloud.ExternalNetwork != "", field, "This cloud has no addresses to give; choose 0.")
		s.checkCapacity(p, a)
	}
}

func (s *sale) checkCapacity(p *document.Problems, a namedAmount) {
	if s.cloud.Capacity == nil {
		return
	}
	for _, limit := range s.cloud.Capacity.named() {
		if limit.name == a.name && limit.amount != nil {
			p.That(*a.amount <= *limit.amount, "parameters."+a.name, "%d is more than the %d that the cloud has; choose at most %d.", *a.amount, *limit.amount, *limit.amount)
		}
	}
}

// amounts is how much of each resource; of a limit, 0 is none.
type amounts struct{ cores, memoryGb, diskGb, ips int64 }

// want is what the tenant is to have.
func (s sale) want() amounts {
	q := s.chosen
	if s.plan.Billing == payAsYouGo {
		q = quantity{IPs: s.chosen.IPs}
		if s.plan.Limits != nil {
			q.Cores, q.MemoryGb, q.DiskGb = s.plan.Limits.Cores, s.plan.Limits.MemoryGb, s.plan.Limits.DiskGb
		}
	}
	n := q.named()
	return amounts{n[0].value(), n[1].value(), n[2].value(), n[3].value()}
}

// named lists the amounts by the parameters' names.
func (a amounts) named() []namedAmount {
	return quantity{&a.cores, &a.memoryGb, &a.diskGb, &a.ips}.named()
}

// capacity is the VDC's compute capacity. Models that hold resources back for
// the tenant have all of it allocated.
func (s sale) capacity() *types.ComputeCapacity {
	w := s.want()
	cpu := &types.CapacityWithUsage{Units: unitMHz, Limit: w.cores * s.cloud.CPUSpeedMhz}
	memory := &types.CapacityWithUsage{Units: unitMB, Limit: w.memoryGb * mbPerGb}
	if s.model() != allocationVApp {
		cpu.Allocated, memory.Allocated = cpu.Limit, memory.Limit
	}
	return &types.ComputeCapacity{CPU: cpu, Memory: memory}
}

// ceil is how many whole units hold n parts.
func ceil(n, per int64) int64 {
	if per <= 0 {
		return 0
	}
	return (n + per - 1) / per
}
