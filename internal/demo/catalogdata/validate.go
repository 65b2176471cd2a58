package catalogdata

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

var (
	identifierForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-_.]{0,99}$`)
	priceForm      = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,12})?$`)
	template       = regexp.MustCompile(`\\\{[^{}/]+\\\}`)
)

// Validate reports everything that the marketplace would refuse, and what the
// demo needs beyond that: texts, examples that fit their paths, two plans.
func (p Product) Validate() error {
	var c fault.Check
	for field, value := range map[string]string{"vendor": p.Vendor, "name": p.Name, "category": p.Category, "shortDescription": p.ShortDescription, "description": p.Description} {
		c.Need(field, value)
	}
	c.That(identifierForm.MatchString(p.SKU), "sku", "Small letters, digits, hyphens.")
	c.MaxLen("name", p.Name, 80)
	c.MaxLen("shortDescription", p.ShortDescription, 160)
	c.That(len(p.Features) > 0, "features", "At least one.")
	c.That(len(p.FAQ) > 0, "faq", "At least one.")
	c.That((p.AuthHeader.Name == "") == (p.AuthHeader.Value == ""), "authHeader", "Both name and value, or neither.")
	p.validateEndpoints(&c)
	p.validatePlans(&c)
	return c.Err()
}

func (p Product) validateEndpoints(c *fault.Check) {
	c.That(len(p.Endpoints) > 0, "endpoints", "At least one.")
	seen := make(map[string]bool)
	for i, e := range p.Endpoints {
		at := c.At("endpoints[%d]", i)
		at.That(identifierForm.MatchString(e.Identifier), "identifier", "Small letters, digits, hyphens, dots, underscores.")
		at.That(!seen[e.Identifier], "identifier", "This one is there already.")
		seen[e.Identifier] = true
		at.That(slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, e.Method), "method", "Not a method that can be sold.")
		at.That(strings.HasPrefix(e.Path, "/"), "path", "A path begins with a slash.")
		at.Need("name", e.Name)
		at.Need("description", e.Description)
		at.That(fits(e.Example.Path, e.Path), "example.path", "This does not fit the endpoint's path.")
		at.That(e.Example.Body == "" || json.Valid([]byte(e.Example.Body)), "example.body", "This is not JSON.")
	}
}

// fits reports whether a path (with or without query) is one of the template's.
func fits(path, of string) bool {
	path, _, _ = strings.Cut(path, "?")
	form := template.ReplaceAllString(regexp.QuoteMeta(of), `[^/]+`)
	ok, err := regexp.MatchString("^"+form+"$", path)
	return ok && err == nil
}

func (p Product) validatePlans(c *fault.Check) {
	c.That(len(p.Plans) >= 2, "plans", "At least two, so that there is something to compare.")
	seen := make(map[string]bool)
	for i, plan := range p.Plans {
		at := c.At("plans[%d]", i)
		at.Need("name", plan.Name)
		at.That(!seen[plan.Name], "name", "There is a plan of this name already.")
		seen[plan.Name] = true
		plan.validate(at)
		for j, e := range plan.Endpoints {
			_, known := p.Endpoint(e.Identifier)
			at.At("endpoints[%d]", j).That(known, "identifier", "The product has no such endpoint.")
		}
	}
}

func (plan Plan) validate(c *fault.Check) {
	c.That(plan.Currency == "EUR", "currency", "The demo sells in EUR.")
	c.That(priceForm.MatchString(plan.SetupPrice), "setupPrice", "A decimal such as 10.00.")
	c.That(priceForm.MatchString(plan.RecurringPrice), "recurringPrice", "A decimal such as 29.00.")
	c.That(plan.PeriodMonths >= 1, "periodMonths", "At least 1.")
	c.That(plan.Timing == "prepaid" || plan.Timing == "postpaid", "timing", "prepaid or postpaid.")
	c.That(plan.Anchor == "calendar" || plan.Anchor == "anniversary", "anchor", "calendar or anniversary.")
	c.That(plan.TrialDays >= 0, "trialDays", "Not negative.")
	c.That(len(plan.Endpoints) > 0, "endpoints", "At least one.")
	seen := make(map[string]bool)
	for i, e := range plan.Endpoints {
		at := c.At("endpoints[%d]", i)
		at.That(!seen[e.Identifier], "identifier", "This one is there already.")
		seen[e.Identifier] = true
		e.validate(at)
	}
}

func (e PlanEndpoint) validate(c *fault.Check) {
	switch e.Mode {
	case Prepaid:
		c.That(len(e.Limits) > 0 && len(e.Tiers) == 0, "limits", "A prepaid endpoint has limits and no tiers.")
		e.validateLimits(c)
	case PayPerUse:
		c.That(len(e.Tiers) > 0 && len(e.Limits) == 0, "tiers", "A pay-per-use endpoint has tiers and no limits.")
		e.validateTiers(c)
	default:
		c.Addf("mode", "%s or %s.", Prepaid, PayPerUse)
	}
}

// validateLimits wants known periods, and a longer one to allow at least what
// a shorter one does.
func (e PlanEndpoint) validateLimits(c *fault.Check) {
	periods := []string{"second", "minute", "hour", "day", "month", "year"} // short to long
	for period := range e.Limits {
		c.That(slices.Contains(periods, period), "limits."+period, "Not a period.")
	}
	least := 1
	for _, period := range periods {
		if limit, ok := e.Limits[period]; ok {
			c.That(limit >= least, "limits."+period, "At least the limit of the shorter period.")
			least = limit
		}
	}
}

func (e PlanEndpoint) validateTiers(c *fault.Check) {
	last := 0
	for i, tier := range e.Tiers {
		at := c.At("tiers[%d]", i)
		at.That(priceForm.MatchString(tier.UnitPrice), "unitPrice", "A decimal such as 0.05.")
		at.That(tier.FlatPrice == "" || priceForm.MatchString(tier.FlatPrice), "flatPrice", "A decimal such as 1.00.")
		if tier.UpTo == nil {
			at.That(i == len(e.Tiers)-1, "upTo", "Only the last tier has no end.")
			continue
		}
		at.That(i < len(e.Tiers)-1, "upTo", "The last tier has no end.")
		at.That(*tier.UpTo > last, "upTo", "Above the tier before.")
		last = *tier.UpTo
	}
}
