package vcloud

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// The two ways of billing.
const (
	prepaid    = "prepaid"
	payAsYouGo = "payAsYouGo"
)

// The allocation models of a VDC.
const (
	allocationVApp  = "AllocationVApp"
	allocationPool  = "AllocationPool"
	reservationPool = "ReservationPool"
	flex            = "Flex"
)

// Bounds of what is asked for, so that megahertz and megabytes stay numbers
// that the API takes.
const (
	maxQuantity  = 1_000_000
	minSecret    = 16
	defaultMark  = "fondaco"
	defaultSpeed = 2000 // MHz of one core
	defaultQuota = 20   // networks of a VDC
	minSpeed     = 256  // the least the API takes
	maxSpeed     = 100_000
	maxQuota     = 100_000
)

// settings are the provider instance's.
type settings struct {
	Mark           string            `json:"mark"`
	PasswordSecret string            `json:"passwordSecret"`
	Clouds         map[string]*cloud `json:"clouds"`
}

// cloud is one vCloud Director.
type cloud struct {
	name            string
	URL             string    `json:"url"`
	User            string    `json:"user"`
	Password        string    `json:"password"`
	APIToken        string    `json:"apiToken"`
	Organization    string    `json:"organization"`
	Insecure        bool      `json:"insecure"`
	AllocationModel string    `json:"allocationModel"`
	ProviderVDC     string    `json:"providerVdc"`
	NetworkPool     string    `json:"networkPool"`
	StorageProfile  string    `json:"storageProfile"`
	ExternalNetwork string    `json:"externalNetwork"`
	CPUSpeedMhz     int64     `json:"cpuSpeedMhz"`
	Capacity        *quantity `json:"capacity"`
	NetworkQuota    int       `json:"networkQuota"`
	VMQuota         int       `json:"vmQuota"`
}

// plan is what the vendor sells.
type plan struct {
	Cloud           string    `json:"cloud"`
	Billing         string    `json:"billing"`
	AllocationModel string    `json:"allocationModel"`
	Limits          *quantity `json:"limits"`
}

// quantity is an amount of each resource; nil is not said.
type quantity struct {
	Cores    *int64 `json:"cores"`
	MemoryGb *int64 `json:"memoryGb"`
	DiskGb   *int64 `json:"diskGb"`
	IPs      *int64 `json:"ips"`
}

// named lists the amounts by the parameters' names.
func (q quantity) named() []namedAmount {
	return []namedAmount{{"cores", q.Cores}, {"memoryGb", q.MemoryGb}, {"diskGb", q.DiskGb}, {"ips", q.IPs}}
}

type namedAmount struct {
	name   string
	amount *int64
}

// value is the amount, 0 when it is not said.
func (a namedAmount) value() int64 {
	if a.amount == nil {
		return 0
	}
	return *a.amount
}

var markPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

// parse reads the documents and says what is wrong with those that are given.
func parse(sub sdk.Subscription) (sale, document.Problems) {
	s := sale{id: sub.ID}
	var p document.Problems
	hasSettings := decode(&p, "settings", sub.Settings, &s.settings)
	if hasSettings {
		s.settings.check(&p)
	}
	var product map[string]any
	decode(&p, "product", sub.Product, &product)
	hasPlan := decode(&p, "plan", sub.Plan, &s.plan)
	if hasPlan {
		s.plan.check(&p)
	}
	if hasPlan && hasSettings {
		s.choose(&p)
	}
	if decode(&p, "parameters", sub.Parameters, &s.chosen) && hasPlan {
		s.checkChosen(&p)
	}
	return s, p
}

// complete is parse for calls that change something: everything must be there.
func complete(sub sdk.Subscription) (sale, error) {
	s, p := parse(sub)
	p.That(sub.ID > 0, "id", "The subscription has no number.")
	p.That(!document.Blank(sub.Settings), "settings", "The settings of the clouds are missing.")
	p.That(!document.Blank(sub.Plan), "plan", "The plan is missing.")
	p.That(!document.Blank(sub.Parameters) || s.plan.Billing != prepaid, "parameters", "Choose cores, memoryGb, diskGb and ips.")
	return s, p.Err()
}

// decode reads a document. Its numbers are all whole ones, and who chose half a
// core is told so.
func decode(p *document.Problems, name string, raw json.RawMessage, into any) bool {
	return p.DecodeSaying(name, raw, into, func(got string) string {
		if strings.HasPrefix(got, "number") {
			return "Give a whole number."
		}
		return "This cannot be a " + got + "."
	})
}

// identified is parse for calls that only need to know whose objects they
// are: faults in the other documents must not stand in the way of removing.
// Without a plan it is in any of the clouds.
func identified(sub sdk.Subscription) (s sale, clouds []cloud, err error) {
	s, p := parse(sdk.Subscription{ID: sub.ID, Settings: sub.Settings})
	p.That(sub.ID > 0, "id", "The subscription has no number.")
	p.That(!document.Blank(sub.Settings), "settings", "The settings of the clouds are missing.")
	var ignored document.Problems
	hasPlan := decode(&ignored, "plan", sub.Plan, &s.plan) && s.plan.Cloud != ""
	p.That(!hasPlan || s.settings.Clouds[s.plan.Cloud] != nil, "plan.cloud", "The settings have no cloud %q.", s.plan.Cloud)
	if err := p.Err(); err != nil {
		return s, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.settings.Clouds)) {
		if !hasPlan || name == s.plan.Cloud {
			clouds = append(clouds, *s.settings.Clouds[name])
		}
	}
	return s, clouds, nil
}

func (s *settings) check(p *document.Problems) {
	if s.Mark == "" {
		s.Mark = defaultMark
	}
	p.That(markPattern.MatchString(s.Mark), "settings.mark", "Use 1 to 20 lower-case letters, digits and hyphens, a letter first.")
	p.That(len(s.PasswordSecret) >= minSecret, "settings.passwordSecret", "Give a secret of at least %d characters, and keep it: the customers' passwords follow from it.", minSecret)
	p.That(len(s.Clouds) > 0, "settings.clouds", "Name at least one cloud.")
	for _, name := range slices.Sorted(maps.Keys(s.Clouds)) {
		field := "settings.clouds." + name
		if p.That(s.Clouds[name] != nil, field, "The cloud has no settings."); s.Clouds[name] != nil {
			s.Clouds[name].name = name
			s.Clouds[name].check(p, field)
		}
	}
}

func (c *cloud) check(p *document.Problems, field string) {
	u, ok := p.Address(field+".url", c.URL, "https://vcd.example.com/api")
	p.That(!ok || u.RawQuery == "" && u.Fragment == "" && u.User == nil, field+".url", "The address cannot have a user, a query or a fragment.")
	if c.Organization == "" {
		c.Organization = "System"
	}
	p.That((c.APIToken != "") != (c.User != "" && c.Password != ""), field+".user", "Give user and password, or an API token, and not both.")
	p.That(c.ProviderVDC != "", field+".providerVdc", "Name the provider VDC that customers' data centres are made on.")
	p.That(c.StorageProfile != "", field+".storageProfile", "Name the storage profile that customers' disks are on.")
	checkModel(p, field+".allocationModel", c.AllocationModel)
	if c.CPUSpeedMhz == 0 {
		c.CPUSpeedMhz = defaultSpeed
	}
	p.That(c.CPUSpeedMhz >= minSpeed && c.CPUSpeedMhz <= maxSpeed, field+".cpuSpeedMhz", "Give the speed of one core between %d and %d MHz.", minSpeed, maxSpeed)
	if c.NetworkQuota == 0 {
		c.NetworkQuota = defaultQuota
	}
	p.That(c.NetworkQuota > 0 && c.NetworkQuota <= maxQuota, field+".networkQuota", "Give a number between 1 and %d.", maxQuota)
	p.That(c.VMQuota >= 0 && c.VMQuota <= maxQuota, field+".vmQuota", "Give a number between 0 (no limit) and %d.", maxQuota)
	if c.Capacity != nil {
		for _, a := range c.Capacity.named() {
			p.That(a.value() >= 0 && a.value() <= maxQuantity, field+".capacity."+a.name, "Give a number between 0 and %d.", maxQuantity)
		}
	}
}

func checkModel(p *document.Problems, field, model string) {
	models := []string{allocationVApp, allocationPool, reservationPool, flex}
	p.That(model == "" || slices.Contains(models, model), field, "Choose one of %s.", strings.Join(models, ", "))
}

// api is the address of the API, tenant that of the customers' portal.
func (c cloud) api() string { return strings.TrimRight(c.URL, "/") }

func (c cloud) tenant(org string) string {
	return strings.TrimSuffix(c.api(), "/api") + "/tenant/" + org
}

func (d *plan) check(p *document.Problems) {
	p.That(d.Cloud != "", "plan.cloud", "Name a cloud of the settings.")
	p.That(d.Billing == prepaid || d.Billing == payAsYouGo, "plan.billing", "Choose prepaid or payAsYouGo.")
	checkModel(p, "plan.allocationModel", d.AllocationModel)
	if d.Limits == nil {
		return
	}
	p.That(d.Billing == payAsYouGo, "plan.limits", "Only a pay-as-you-go plan has limits of its own; a prepaid one has what the customer bought.")
	p.That(d.Limits.IPs == nil, "plan.limits.ips", "Addresses are bought, not limited.")
	for _, a := range d.Limits.named() {
		p.That(a.value() >= 0 && a.value() <= maxQuantity, "plan.limits."+a.name, "Give a number between 0 (no limit) and %d.", maxQuantity)
	}
}
