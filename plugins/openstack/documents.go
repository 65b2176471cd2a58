package openstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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

// problems collects what is wrong, by field.
type problems []sdk.Problem

func (p *problems) that(ok bool, field, format string, args ...any) {
	if !ok {
		*p = append(*p, sdk.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// parse reads the documents and says what is wrong with those that are given.
func parse(sub sdk.Subscription) (sale, []sdk.Problem) {
	s := sale{id: sub.ID, resources: sub.Resources}
	var p problems
	if p.decode("settings", sub.Settings, &s.settings) {
		s.settings.check(&p)
	}
	var product map[string]any
	p.decode("product", sub.Product, &product)
	hasPlan := p.decode("plan", sub.Plan, &s.plan)
	if hasPlan {
		s.checkPlan(&p)
	}
	if p.decode("parameters", sub.Parameters, &s.bought) && hasPlan {
		s.checkParameters(&p)
	}
	return s, p
}

// complete is parse for calls that make something: everything must be there.
func complete(sub sdk.Subscription) (sale, error) {
	s, found := parse(sub)
	p := problems(found)
	p.that(sub.ID > 0, "id", "The subscription has no number.")
	p.that(!blank(sub.Settings), "settings", "The settings of the clouds are missing.")
	p.that(!blank(sub.Plan), "plan", "The plan is missing.")
	if blank(sub.Parameters) && !blank(sub.Plan) {
		s.checkParameters(&p)
	}
	return s, permanent(p)
}

// identified is parse for calls that only need to know whose tenant it is:
// faults in plan and parameters must not stand in the way of removing it.
func identified(sub sdk.Subscription) (sale, error) {
	s, found := parse(sdk.Subscription{ID: sub.ID, Settings: sub.Settings, Resources: sub.Resources})
	p := problems(found)
	p.that(sub.ID > 0, "id", "The subscription has no number.")
	p.that(!blank(sub.Settings), "settings", "The settings of the clouds are missing.")
	var ignored problems
	ignored.decode("plan", sub.Plan, &s.plan)
	s.cloud = s.settings.clouds[s.plan.Cloud]
	return s, permanent(p)
}

func permanent(p problems) error {
	if len(p) > 0 {
		return sdk.Permanent("%s", sentence(p))
	}
	return nil
}

func blank(raw json.RawMessage) bool {
	t := bytes.TrimSpace(raw)
	return len(t) == 0 || string(t) == "null"
}

// decode reads a document and reports whether it was there and readable.
func (p *problems) decode(name string, raw json.RawMessage, into any) bool {
	if blank(raw) {
		return false
	}
	err := json.Unmarshal(raw, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		p.that(false, strings.TrimSuffix(name+"."+wrong.Field, "."), "This cannot be a %s.", wrong.Value)
		return false
	}
	p.that(err == nil, name, "This is not a JSON object.")
	return err == nil
}

func (s *sale) checkPlan(p *problems) {
	p.that(s.plan.Cloud != "", "plan.cloud", "Choose the cloud.")
	p.that(s.plan.Billing == prepaid || s.plan.Billing == payAsYouGo, "plan.billing", "Choose prepaid or payAsYouGo.")
	if s.settings.clouds != nil && s.plan.Cloud != "" {
		c, known := s.settings.clouds[s.plan.Cloud]
		p.that(known, "plan.cloud", "The settings have no cloud %q; they have %s.", s.plan.Cloud, strings.Join(s.settings.names(), ", "))
		s.cloud = c
		s.plan.defaulted = s.plan.Region == ""
		s.plan.Region = or(s.plan.Region, c.Region)
		p.that(!known || s.plan.Region != "", "plan.region", "Name the region: the cloud %q has no default one.", s.plan.Cloud)
	}
	for _, a := range s.plan.Limits.list() {
		p.that(a.value == nil || s.plan.Billing != prepaid, "plan.limits."+a.name, "A prepaid plan has no ceilings: the customer chooses.")
		s.checkAmount(p, "plan.limits.", a)
	}
}

func (s *sale) checkParameters(p *problems) {
	for _, a := range s.bought.list() {
		switch {
		case s.plan.Billing == payAsYouGo:
			p.that(a.value == nil, "parameters."+a.name, "Nothing is chosen here: the plan bills what is used.")
		case a.value == nil:
			p.that(false, "parameters."+a.name, "Choose how many %s.", a.unit)
		default:
			s.checkAmount(p, "parameters.", a)
		}
	}
}

func (s *sale) checkAmount(p *problems, at string, a amount) {
	if a.value == nil {
		return
	}
	most, whose := int64(mostAmount), "The most is %d %s."
	for _, c := range s.cloud.Capacity.list() {
		if c.name == a.name && c.value != nil {
			most, whose = *c.value, "The cloud's capacity for one tenant is %d %s."
		}
	}
	p.that(*a.value >= a.least, at+a.name, "The least is %d %s.", a.least, a.unit)
	p.that(*a.value <= most, at+a.name, whose, most, a.unit)
}

// sentence is the problems in one line.
func sentence(p []sdk.Problem) string {
	parts := make([]string, len(p))
	for i, one := range p {
		parts[i] = one.Field + ": " + one.Message
	}
	return strings.Join(parts, " ")
}
