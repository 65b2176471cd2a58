package portal

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// planDesk is where one plan of a product is written: a plan of an API has
// endpoints, any other what the plugin of its kind knows.
type planDesk struct {
	*visit
	l    catalog.Listing
	old  *catalog.Plan // the plan that is revised; nil for a new one
	kind catalog.Kind
	// configuration is the plugin's part of the form; it has no fields for an API.
	configuration schemaform.Form
}

// planDesk opens the desk for a new plan of the product in the address, or for
// the plan in the address.
func (v *visit) planDesk(revise bool) (planDesk, error) {
	l, err := v.productOf()
	if err != nil {
		return planDesk{}, err
	}
	d := planDesk{visit: v, l: l}
	if revise {
		if d.old, err = v.planOf(l); err != nil {
			return d, err
		}
	}
	if d.kind, err = v.Catalog.KindOf(v.r.Context(), l.Product); err != nil {
		return d, err
	}
	d.configuration = v.formOf("configuration", d.kind.PlanSchema)
	return d, nil
}

func (v *visit) planOf(l catalog.Listing) (*catalog.Plan, error) {
	id, err := v.id("plan")
	if err != nil {
		return nil, err
	}
	for i := range l.Plans {
		if l.Plans[i].ID == id {
			return &l.Plans[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "The product has no such plan.")
}

// configured reports whether a plugin's schemas say what the plan holds.
func (d planDesk) configured() bool { return d.l.Product.Type != catalog.API }

// values are the fields as the form is opened.
func (d planDesk) values() url.Values {
	if d.old == nil {
		return d.newValues()
	}
	v := termValues(*d.old)
	if d.configured() {
		d.putOffers(v, d.old.Revision.Content)
		return v
	}
	putEndpoints(v, d.l.Endpoints, d.old.Revision.Content)
	return v
}

func (d planDesk) newValues() url.Values {
	currency := d.market.Currency
	if len(d.l.Plans) > 0 {
		currency = d.l.Plans[0].Revision.Content.Currency
	}
	v := newPlanValues(currency)
	if d.configured() {
		d.suggestOffers(v)
	}
	return v
}

// read is the plan that was typed, and what could not be read.
func (d planDesk) read(values url.Values) (catalog.PlanInput, *planReader) {
	if d.configured() {
		return d.readOffers(values)
	}
	return readPlan(values, d.l.Endpoints, d.old)
}

// validate says what the service will say of the plan.
func (d planDesk) validate(in catalog.PlanInput) error {
	if d.configured() {
		return in.ValidateFor(d.kind)
	}
	return in.Validate(d.l.Endpoints)
}

// planData is the data of page "vendor/plan".
type planData struct {
	workspace
	Plan       planForm
	Old        *catalog.Plan // the plan that is revised
	Configured bool
	Preview    *planView // how customers read what was typed, when it is whole
	Periods    []ui.Option
	Timings    []ui.Option
	Anchors    []ui.Option
	All        struct{ Modes, Windows []ui.Option }
	// What plans of other products than APIs have.
	VendorMade    bool // by the vendor, who names the quantities and has no provider
	Unavailable   string
	Configuration []ui.SchemaField
	Providers     []ui.Option
	Drift         string // the product's policy in words
}

func (d planDesk) page(status int, form ui.Form) error {
	title := "New plan"
	if d.old != nil {
		title = "Edit plan " + d.old.Name
	}
	data := planData{workspace: d.workspace(title, d.l), Old: d.old, Configured: d.configured(),
		Periods: periods(d.words, form.Value("periodMonths")), Timings: timings(), Anchors: anchors(), Preview: d.preview(form.Values)}
	if d.htmx() {
		return d.fragment("vendor/plan", "v-plan-preview", data)
	}
	data.Crumbs = append(data.Crumbs, ui.NavItem{Label: "Plans and prices", Href: data.To("plans")})
	if d.configured() {
		if err := d.fillOffers(&data, form); err != nil {
			return err
		}
		return d.render(status, "vendor/plan", data)
	}
	data.Plan = readPlanForm(d.words, form, d.l.Endpoints, d.old)
	data.All.Modes = (planFormPart{}).Modes()
	for _, w := range catalog.Windows {
		data.All.Windows = append(data.All.Windows, ui.Option{Value: w, Label: "per " + w})
	}
	return d.render(status, "vendor/plan", data)
}

// preview words the plan that was typed, or nil while it is not whole.
func (d planDesk) preview(values url.Values) *planView {
	in, r := d.read(values)
	if !r.check.OK() || d.validate(in) != nil {
		return nil
	}
	content := catalog.PlanContent{Terms: in.Terms.WithDefaults(), Endpoints: in.Endpoints, Resources: in.Resources, Meters: in.Meters}
	content.AutoRenew = *in.AutoRenew
	view := d.words.plan(catalog.Plan{Name: in.Name, Revision: catalog.Revision{Content: content}}, d.l.Endpoints)
	return &view
}

func periods(w words, chosen string) []ui.Option {
	months := []int{1, 2, 3, 6, 12, 24, 36}
	if n, err := strconv.Atoi(chosen); err == nil && n > 0 && n <= price.MaxPeriodMonths {
		for i, m := range months {
			if n < m {
				months = append(months[:i:i], append([]int{n}, months[i:]...)...)
				break
			}
			if n == m {
				break
			}
		}
	}
	var out []ui.Option
	for _, m := range months {
		out = append(out, ui.Option{Value: strconv.Itoa(m), Label: w.per(m)})
	}
	return out
}

func timings() []ui.Option {
	return []ui.Option{
		{Value: string(price.Prepaid), Label: "Before each period", Hint: "The first invoice is issued with the order. Use is billed afterwards."},
		{Value: string(price.Postpaid), Label: "After each period", Hint: "Everything is on one invoice when the period ends."}}
}

func anchors() []ui.Option {
	return []ui.Option{
		{Value: string(price.Anniversary), Label: "On the day of the order", Hint: "Ordered on the 23rd, billed on the 23rd."},
		{Value: string(price.Calendar), Label: "On the first of the month", Hint: "The first period is shorter and costs its part."}}
}

func (p *Portal) newPlan(v *visit) error { return v.openPlan(false) }

func (p *Portal) editPlan(v *visit) error { return v.openPlan(true) }

func (v *visit) openPlan(revise bool) error {
	d, err := v.planDesk(revise)
	if err != nil {
		return err
	}
	return d.page(http.StatusOK, ui.Form{Values: d.values()})
}

// edited answers the buttons that change the form and save nothing.
func (d planDesk) edited() (done bool, err error) {
	values := d.r.PostForm
	do := values.Get("do")
	switch {
	case editRows(values, do), d.configuration.Edit(values, do):
		return true, d.page(http.StatusOK, ui.Form{Values: values})
	case do == "setAll":
		setAll(values, d.l.Endpoints)
		return true, d.page(http.StatusOK, ui.Form{Values: values})
	case do == "look":
		in, r := d.read(values)
		form := ui.Form{Values: values}
		if cause := d.validate(in); cause != nil || !r.check.OK() {
			form = ui.FormError(values, r.wrong(cause))
		}
		return true, d.page(http.StatusOK, form)
	}
	return false, nil
}

func (p *Portal) createPlan(v *visit) error {
	d, err := v.planDesk(false)
	if err != nil {
		return err
	}
	if done, err := d.edited(); done {
		return err
	}
	in, r := d.read(v.r.PostForm)
	in.Position = len(d.l.Plans)
	if !r.check.OK() {
		return d.wrong(r, d.validate(in))
	}
	plan, err := p.Catalog.CreatePlan(v.r.Context(), v.actor, d.l.Product.ID, in)
	if err != nil {
		return d.wrong(r, err)
	}
	if v.form("do") == "another" {
		return v.done(productPath(d.l.Product.ID, "plans/new"), "Plan "+plan.Name+" is saved.")
	}
	return v.done(productPath(d.l.Product.ID, nextAfterPlan(d.l)), "Plan "+plan.Name+" is saved.")
}

// nextAfterPlan is where the first plan leads while the product was never
// published: the look at it before it is submitted.
func nextAfterPlan(l catalog.Listing) string {
	if l.Product.PublishedAt == nil {
		return ""
	}
	return "plans"
}

func (d planDesk) wrong(r *planReader, cause error) error {
	if cause != nil {
		if _, ok := refused(cause); !ok {
			return cause
		}
	}
	return d.page(http.StatusUnprocessableEntity, ui.FormError(d.r.PostForm, r.wrong(cause)))
}

func (p *Portal) revisePlan(v *visit) error {
	d, err := v.planDesk(true)
	if err != nil {
		return err
	}
	if done, err := d.edited(); done {
		return err
	}
	in, r := d.read(v.r.PostForm)
	in.Position = d.old.Position
	if !r.check.OK() {
		return d.wrong(r, d.validate(in))
	}
	plan, err := p.Catalog.RevisePlan(v.r.Context(), v.actor, d.old.ID, in)
	if err != nil {
		return d.wrong(r, err)
	}
	return v.done(productPath(d.l.Product.ID, "plans"), "Plan "+plan.Name+" is saved. New orders and renewals get it; what was bought stays as it was.")
}
