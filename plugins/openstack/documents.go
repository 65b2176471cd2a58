package openstack

import (
	"strings"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// How plans are billed.
const (
	prepaid    = "prepaid"
	payAsYouGo = "payAsYouGo"
)

// mostAmount is the most of anything that can be bought: as MB of memory it
// must fit the 31 bits that Nova keeps a quota in.
const mostAmount = 1_000_000

// unlimited is OpenStack's number for a quota without limit.
const unlimited = -1

// amounts are the four resources that are sold; nil is not given.
type amounts struct {
	Cores    *int64 `json:"cores"`
	MemoryGB *int64 `json:"memoryGb"`
	DiskGB   *int64 `json:"diskGb"`
	IPs      *int64 `json:"ips"`
}

// amount is one of them. unit says it in a sentence: "8 cores".
type amount struct {
	name, unit string
	least      int64
	value      *int64
}

func (a amounts) list() []amount {
	return []amount{
		{"cores", "cores", 1, a.Cores}, {"memoryGb", "GB of memory", 1, a.MemoryGB},
		{"diskGb", "GB of disk", 0, a.DiskGB}, {"ips", "IP addresses", 0, a.IPs},
	}
}

// plan is what the vendor configured.
type plan struct {
	Cloud   string  `json:"cloud"`
	Region  string  `json:"region"`
	Billing string  `json:"billing"`
	Limits  amounts `json:"limits"`

	defaulted bool // the region is the cloud's default
}

// sale is a subscription's documents, read.
type sale struct {
	id        int64
	settings  settings
	plan      plan
	cloud     cloud // the plan's
	bought    amounts
	resources []sdk.Resource
}

// parse reads the documents and says what is wrong with those that are given.
func parse(sub sdk.Subscription) (sale, document.Problems) {
	s := sale{id: sub.ID, resources: sub.Resources}
	var p document.Problems
	if p.Decode("settings", sub.Settings, &s.settings) {
		s.settings.check(&p)
	}
	var product map[string]any
	p.Decode("product", sub.Product, &product)
	hasPlan := p.Decode("plan", sub.Plan, &s.plan)
	if hasPlan {
		s.checkPlan(&p)
	}
	if p.Decode("parameters", sub.Parameters, &s.bought) && hasPlan {
		s.checkParameters(&p)
	}
	return s, p
}

// complete is parse for calls that make something: everything must be there.
func complete(sub sdk.Subscription) (sale, error) {
	s, p := parse(sub)
	p.That(sub.ID > 0, "id", "The subscription has no number.")
	p.That(!document.Blank(sub.Settings), "settings", "The settings of the clouds are missing.")
	p.That(!document.Blank(sub.Plan), "plan", "The plan is missing.")
	if document.Blank(sub.Parameters) && !document.Blank(sub.Plan) {
		s.checkParameters(&p)
	}
	return s, p.Err()
}

// identified is parse for calls that only need to know whose tenant it is:
// faults in plan and parameters must not stand in the way of removing it.
func identified(sub sdk.Subscription) (sale, error) {
	s, p := parse(sdk.Subscription{ID: sub.ID, Settings: sub.Settings, Resources: sub.Resources})
	p.That(sub.ID > 0, "id", "The subscription has no number.")
	p.That(!document.Blank(sub.Settings), "settings", "The settings of the clouds are missing.")
	var ignored document.Problems
	ignored.Decode("plan", sub.Plan, &s.plan)
	s.cloud = s.settings.clouds[s.plan.Cloud]
	return s, p.Err()
}

func (s *sale) checkPlan(p *document.Problems) {
	p.That(s.plan.Cloud != "", "plan.cloud", "Choose the cloud.")
	p.That(s.plan.Billing == prepaid || s.plan.Billing == payAsYouGo, "plan.billing", "Choose prepaid or payAsYouGo.")
	if s.settings.clouds != nil && s.plan.Cloud != "" {
		c, known := s.settings.clouds[s.plan.Cloud]
		p.That(known, "plan.cloud", "The settings have no cloud %q; they have %s.", s.plan.Cloud, strings.Join(s.settings.names(), ", "))
		s.cloud = c
		s.plan.defaulted = s.plan.Region == ""
		s.plan.Region = or(s.plan.Region, c.Region)
		p.That(!known || s.plan.Region != "", "plan.region", "Name the region: the cloud %q has no default one.", s.plan.Cloud)
	}
	for _, a := range s.plan.Limits.list() {
		p.That(a.value == nil || s.plan.Billing != prepaid, "plan.limits."+a.name, "A prepaid plan has no ceilings: the customer chooses.")
		s.checkAmount(p, "plan.limits.", a)
	}
}

func (s *sale) checkParameters(p *document.Problems) {
	for _, a := range s.bought.list() {
		switch {
		case s.plan.Billing == payAsYouGo:
			p.That(a.value == nil, "parameters."+a.name, "Nothing is chosen here: the plan bills what is used.")
		case a.value == nil:
			p.That(false, "parameters."+a.name, "Choose how many %s.", a.unit)
		default:
			s.checkAmount(p, "parameters.", a)
		}
	}
}

func (s *sale) checkAmount(p *document.Problems, at string, a amount) {
	if a.value == nil {
		return
	}
	most, whose := int64(mostAmount), "The most is %d %s."
	for _, c := range s.cloud.Capacity.list() {
		if c.name == a.name && c.value != nil {
			most, whose = *c.value, "The cloud's capacity for one tenant is %d %s."
		}
	}
	p.That(*a.value >= a.least, at+a.name, "The least is %d %s.", a.least, a.unit)
	p.That(*a.value <= most, at+a.name, whose, most, a.unit)
}
