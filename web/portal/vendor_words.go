package portal

import (
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// standing is a status as a pill shows it.
type standing struct {
	Tone ui.Tone
	Word string
}

func productStanding(s catalog.Status) standing {
	switch s {
	case catalog.Review:
		return standing{ui.Pending, "In review"}
	case catalog.Published:
		return standing{ui.Good, "Published"}
	case catalog.Rejected:
		return standing{ui.Bad, "Sent back"}
	case catalog.Retired:
		return standing{ui.Off, "Retired"}
	}
	return standing{ui.Off, "Draft"}
}

func saleStanding(s subscription.Status) standing {
	switch s {
	case subscription.WaitingPayment:
		return standing{ui.Pending, "Waiting for payment"}
	case subscription.Pending:
		return standing{ui.Pending, "Being set up"}
	case subscription.Active:
		return standing{ui.Good, "Active"}
	case subscription.Suspended:
		return standing{ui.Warn, "Suspended"}
	case subscription.Failed:
		return standing{ui.Bad, "Failed"}
	case subscription.Terminating:
		return standing{ui.Pending, "Being removed"}
	}
	return standing{ui.Off, "Terminated"}
}

func deliveryStanding(s webhook.Status) standing {
	switch s {
	case webhook.Delivered:
		return standing{ui.Good, "Delivered"}
	case webhook.Dead:
		return standing{ui.Bad, "Given up"}
	}
	return standing{ui.Pending, "Being sent"}
}

func attemptStanding(s provision.Status) standing {
	switch s {
	case provision.Queued:
		return standing{ui.Pending, "Queued"}
	case provision.Running:
		return standing{ui.Pending, "Running"}
	case provision.Done:
		return standing{ui.Good, "Done"}
	case provision.Failed:
		return standing{ui.Bad, "Failed"}
	}
	return standing{ui.Off, "Not needed any more"}
}

func billStanding(s invoice.Status) standing {
	switch s {
	case invoice.Paid:
		return standing{ui.Good, "Paid"}
	case invoice.Cancelled:
		return standing{ui.Off, "Cancelled"}
	}
	return standing{ui.Pending, "Unpaid"}
}

// planView is a plan in words that a buyer understands.
type planView struct {
	catalog.Plan
	Recurring money.Money
	Setup     money.Money
	Period    string   // "each month"
	Notes     []string // when it is paid, trial, renewal
	Endpoints []planPart
}

// planPart is what a plan says about one endpoint.
type planPart struct {
	catalog.Endpoint
	Mode  catalog.Mode
	Lines []string // limits or prices
}

// wording words plans in a language.
type wording struct {
	*ui.Locale
	currency string
}

func (v *visit) planViews(l catalog.Listing) []planView {
	out := make([]planView, len(l.Plans))
	for i, pl := range l.Plans {
		out[i] = viewPlan(v.locale(), pl, l.Endpoints)
	}
	return out
}

// locale is the language that handlers word things in.
func (v *visit) locale() *ui.Locale { return ui.NewLocale("en", nil) }

func viewPlan(l *ui.Locale, pl catalog.Plan, endpoints []catalog.Endpoint) planView {
	c := pl.Revision.Content
	w := wording{l, c.Currency}
	out := planView{Plan: pl, Recurring: money.New(c.RecurringPrice, c.Currency), Setup: money.New(c.SetupPrice, c.Currency),
		Period: w.period(c.PeriodMonths), Notes: w.notes(c.Terms)}
	for _, e := range endpoints {
		part, ok := c.Endpoint(e.Identifier)
		if !ok {
			continue
		}
		view := planPart{Endpoint: e, Mode: part.Mode}
		if part.Mode == catalog.Prepaid {
			view.Lines = w.limits(part.Limits)
		} else if part.Charge != nil {
			view.Lines = w.charge(*part.Charge)
		}
		out.Endpoints = append(out.Endpoints, view)
	}
	return out
}

func (w wording) period(months int) string {
	switch {
	case months <= 1:
		return w.T("each month")
	case months == 12:
		return w.T("each year")
	case months%12 == 0:
		return w.T("every %d years", months/12)
	}
	return w.T("every %d months", months)
}

func (w wording) notes(t price.Terms) []string {
	out := []string{w.T("Paid before each period, use is billed after it.")}
	if t.Timing == price.Postpaid {
		out[0] = w.T("Everything is billed after each period.")
	}
	if t.Anchor == price.Calendar {
		out = append(out, w.T("Periods begin on the first of the month."))
	} else {
		out = append(out, w.T("Periods begin on the day of the order."))
	}
	if t.TrialDays > 0 {
		out = append(out, w.T("The first %s are free.", w.Plural(t.TrialDays, "day", "days")))
	}
	if t.AutoRenew {
		return append(out, w.T("Renews by itself."))
	}
	return append(out, w.T("Ends with its first period."))
}

func (w wording) limits(limits map[string]int64) []string {
	var out []string
	for i := len(catalog.Windows) - 1; i >= 0; i-- {
		if n, ok := limits[catalog.Windows[i]]; ok {
			out = append(out, w.T("%s per %s included, then refused", w.Plural(n, "call", "calls"), w.T(catalog.Windows[i])))
		}
	}
	return out
}

func (w wording) money(d money.Decimal) string { return w.Money(money.New(d, w.currency)) }

// charge words a price, line by line.
func (w wording) charge(c price.Charge) []string {
	c = c.WithDefaults()
	var out []string
	switch {
	case c.Model.Tiered():
		out = w.tiers(c)
	case c.Model == price.PerUnit:
		out = append(out, w.T("Every call: %s", w.money(price.Or(c.UnitPrice))))
	case c.Model == price.Package:
		out = append(out, w.T("Every %s begun: %s", w.Plural(price.Or(c.PackageSize), "call", "calls"), w.money(price.Or(c.UnitPrice))))
	case c.Model == price.Percentage:
		out = append(out, w.T("%s percent of the quantity", price.Or(c.UnitPrice).Mul(money.Int(100)).Trim(0)))
	}
	if c.FlatPrice != nil && !c.Model.Tiered() {
		out = append(out, w.T("%s in each period", w.money(*c.FlatPrice)))
	}
	return append(out, w.bounds(c)...)
}

// bounds words what holds for the whole of a charge.
func (w wording) bounds(c price.Charge) (out []string) {
	if c.FreeUnits != nil && c.FreeUnits.Sign() > 0 {
		out = append(out, w.T("The first %s are free", w.Plural(*c.FreeUnits, "call", "calls")))
	}
	if c.Minimum != nil {
		out = append(out, w.T("At least %s in each period", w.money(*c.Minimum)))
	}
	if c.Maximum != nil {
		out = append(out, w.T("At most %s in each period", w.money(*c.Maximum)))
	}
	return out
}

func (w wording) tiers(c price.Charge) []string {
	var out []string
	if c.Model == price.Volume && len(c.Tiers) > 1 {
		out = append(out, w.T("All calls of a period at the price of the tier they reach:"))
	}
	var from *money.Decimal
	for _, t := range c.Tiers {
		out = append(out, w.T("%s: %s", w.span(from, t.UpTo), w.tier(c.Model, t)))
		from = t.UpTo
	}
	return out
}

// span words the units of a tier that begins above from.
func (w wording) span(from, to *money.Decimal) string {
	switch {
	case from == nil && to == nil:
		return w.T("Every call")
	case to == nil:
		return w.T("Above %s", w.Num(from))
	case from == nil:
		return w.T("The first %s", w.Plural(*to, "call", "calls"))
	}
	return w.T("%s to %s", w.Num(from.Add(money.Int(1))), w.Num(to))
}

func (w wording) tier(m price.Model, t price.Tier) string {
	unit := w.T("%s each", w.money(t.UnitPrice))
	switch {
	case m == price.Stairstep:
		return w.money(t.FlatPrice)
	case m == price.GraduatedPercentage:
		unit = w.T("%s percent", t.UnitPrice.Mul(money.Int(100)).Trim(0))
	case t.BlockSize != nil:
		unit = w.T("%s for each %s begun", w.money(t.UnitPrice), w.Num(t.BlockSize))
	}
	switch {
	case t.FlatPrice.IsZero() && t.UnitPrice.IsZero():
		return w.T("free")
	case t.FlatPrice.IsZero():
		return unit
	case t.UnitPrice.IsZero():
		return w.T("%s once", w.money(t.FlatPrice))
	}
	return w.T("%s, and %s once", unit, w.money(t.FlatPrice))
}
