package portal

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// planData is the data of page "vendor/plan".
type planData struct {
	workspace
	Plan    planForm
	Old     *catalog.Plan // the plan that is revised
	Preview *planView     // how customers read what was typed, when it is whole
	Periods []ui.Option
	Timings []ui.Option
	Anchors []ui.Option
	All     struct{ Modes, Windows []ui.Option }
}

func (v *visit) planPage(status int, l catalog.Listing, old *catalog.Plan, form ui.Form) error {
	title := "New plan"
	if old != nil {
		title = "Edit plan " + old.Name
	}
	d := planData{workspace: v.workspace(title, l), Plan: readPlanForm(v.words, form, l.Endpoints, old), Old: old,
		Periods: periods(v.words, form.Value("periodMonths")), Timings: timings(), Anchors: anchors(), Preview: v.previewPlan(l, old, form.Values)}
	d.Crumbs = append(d.Crumbs, ui.NavItem{Label: "Plans and prices", Href: d.To("plans")})
	d.All.Modes = (planFormPart{}).Modes()
	for _, w := range catalog.Windows {
		d.All.Windows = append(d.All.Windows, ui.Option{Value: w, Label: "per " + w})
	}
	return v.render(status, "vendor/plan", d)
}

// previewPlan words the plan that was typed, or nil while it is not whole.
func (v *visit) previewPlan(l catalog.Listing, old *catalog.Plan, values url.Values) *planView {
	in, r := readPlan(values, l.Endpoints, old)
	if !r.check.OK() || in.Validate(l.Endpoints) != nil {
		return nil
	}
	terms := in.Terms.WithDefaults()
	terms.AutoRenew = *in.AutoRenew
	view := v.words.plan(catalog.Plan{Name: in.Name, Revision: catalog.Revision{
		Content: catalog.PlanContent{Terms: terms, Endpoints: in.Endpoints}}}, l.Endpoints)
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

func (p *Portal) newPlan(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	currency := v.market.Currency
	if len(l.Plans) > 0 {
		currency = l.Plans[0].Revision.Content.Currency
	}
	return v.planPage(http.StatusOK, l, nil, ui.Form{Values: newPlanValues(l.Endpoints, currency)})
}

// edited answers the buttons that change the form and save nothing.
func (v *visit) edited(l catalog.Listing, old *catalog.Plan) (done bool, err error) {
	values := v.r.PostForm
	do := values.Get("do")
	_, rows := editRows(values, do)
	switch {
	case rows:
		return true, v.planPage(http.StatusOK, l, old, ui.Form{Values: values})
	case do == "setAll":
		setAll(values, l.Endpoints)
		return true, v.planPage(http.StatusOK, l, old, ui.Form{Values: values})
	case do == "look":
		in, r := readPlan(values, l.Endpoints, old)
		form := ui.Form{Values: values}
		if cause := in.Validate(l.Endpoints); cause != nil || !r.check.OK() {
			form = ui.FormError(values, r.wrong(cause))
		}
		return true, v.planPage(http.StatusOK, l, old, form)
	}
	return false, nil
}

func (p *Portal) createPlan(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	if done, err := v.edited(l, nil); done {
		return err
	}
	in, r := readPlan(v.r.PostForm, l.Endpoints, nil)
	in.Position = len(l.Plans)
	if !r.check.OK() {
		return v.planWrong(l, nil, r, in.Validate(l.Endpoints))
	}
	plan, err := p.Catalog.CreatePlan(v.r.Context(), v.actor, l.Product.ID, in)
	if err != nil {
		return v.planWrong(l, nil, r, err)
	}
	if v.form("do") == "another" {
		return v.done(productPath(l.Product.ID, "plans/new"), "Plan "+plan.Name+" is saved.")
	}
	return v.done(productPath(l.Product.ID, nextAfterPlan(l)), "Plan "+plan.Name+" is saved.")
}

// nextAfterPlan is where the first plan leads while the product was never
// published: the look at it before it is submitted.
func nextAfterPlan(l catalog.Listing) string {
	if l.Product.PublishedAt == nil {
		return ""
	}
	return "plans"
}

func (v *visit) planWrong(l catalog.Listing, old *catalog.Plan, r *planReader, cause error) error {
	if cause != nil {
		if _, ok := refused(cause); !ok {
			return cause
		}
	}
	return v.planPage(http.StatusUnprocessableEntity, l, old, ui.FormError(v.r.PostForm, r.wrong(cause)))
}

func (v *visit) planOf() (catalog.Listing, *catalog.Plan, error) {
	l, err := v.productOf()
	if err != nil {
		return l, nil, err
	}
	id, err := v.id("plan")
	if err != nil {
		return l, nil, err
	}
	for i := range l.Plans {
		if l.Plans[i].ID == id {
			return l, &l.Plans[i], nil
		}
	}
	return l, nil, fault.New(fault.NotFound, "The product has no such plan.")
}

func (p *Portal) editPlan(v *visit) error {
	l, old, err := v.planOf()
	if err != nil {
		return err
	}
	return v.planPage(http.StatusOK, l, old, ui.Form{Values: planValues(l.Endpoints, *old)})
}

func (p *Portal) revisePlan(v *visit) error {
	l, old, err := v.planOf()
	if err != nil {
		return err
	}
	if done, err := v.edited(l, old); done {
		return err
	}
	in, r := readPlan(v.r.PostForm, l.Endpoints, old)
	in.Position = old.Position
	if !r.check.OK() {
		return v.planWrong(l, old, r, in.Validate(l.Endpoints))
	}
	plan, err := p.Catalog.RevisePlan(v.r.Context(), v.actor, old.ID, in)
	if err != nil {
		return v.planWrong(l, old, r, err)
	}
	return v.done(productPath(l.Product.ID, "plans"), "Plan "+plan.Name+" is saved. New orders and renewals get it; what was bought stays as it was.")
}
