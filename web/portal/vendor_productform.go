package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// productFormData is the data of page "vendor/product-form".
type productFormData struct {
	workspace
	Form       ui.Form
	Categories string
	FAQ        []int // rows of questions
	New        bool
	Published  bool
	Type       catalog.Type
	Kinds      ui.Tabs // the types to choose from, for a new product
	// What products of other types than APIs have.
	Configured    bool
	VendorMade    bool // the vendor sets it up, so nothing of it can drift
	Told          bool // somebody must be told about subscriptions
	Unavailable   string
	Configuration []ui.SchemaField
	Drift         []ui.Option
}

// productDesk is where one product is described.
type productDesk struct {
	*visit
	title string
	l     catalog.Listing // empty for a new product
	kind  catalog.Kind
	// configuration is the part of the form that the plugin's schema makes.
	configuration schemaform.Form
}

func (v *visit) newProductDesk(t catalog.Type) (productDesk, error) {
	return v.productDesk("New product", catalog.Listing{}, t)
}

func (v *visit) oldProductDesk() (productDesk, error) {
	l, err := v.productOf()
	if err != nil {
		return productDesk{}, err
	}
	return v.productDesk("Edit "+l.Product.Name, l, l.Product.Type)
}

func (v *visit) productDesk(title string, l catalog.Listing, t catalog.Type) (d productDesk, err error) {
	d = productDesk{visit: v, title: title, l: l}
	if d.kind, err = v.Catalog.Kind(v.r.Context(), t); err != nil {
		return d, err
	}
	d.configuration = v.formOf("configuration", d.kind.ProductSchema)
	if l.Product.ID != 0 && d.kind.ProductSchema != nil {
		document, err := v.Catalog.Configuration(l.Product)
		if err != nil {
			return d, err
		}
		d.configuration.Kept = d.kind.ProductSchema.Secrets(document)
	}
	return d, nil
}

// values are the fields as the form is opened.
func (d productDesk) values() url.Values {
	if d.l.Product.ID == 0 {
		v := d.configuration.Defaults()
		v.Set("driftPolicy", string(catalog.ReportDrift))
		return v
	}
	v := productValues(d.l.Product)
	for name, value := range d.configuration.Values([]byte(d.l.Product.Configuration)) {
		v[name] = value
	}
	return v
}

func (d productDesk) page(status int, form ui.Form) error {
	data := productFormData{workspace: d.workspace(d.title, d.l), Form: form, New: d.l.Product.ID == 0, Published: d.l.Product.Status == catalog.Published,
		Type: d.kind.Type, Configured: d.kind.Type != catalog.API, VendorMade: d.kind.Type.VendorProvisioned(), Told: d.kind.Type == catalog.Syndicated, Unavailable: d.kind.Unavailable, Drift: driftOptions()}
	if data.New {
		data.Crumbs = data.Crumbs[:1]
		data.Tabs = ui.Tabs{}
		if err := d.fillKinds(&data); err != nil {
			return err
		}
	}
	var err error
	if data.Configuration, err = d.configuration.Draw(form); err != nil {
		return err
	}
	found, err := d.Catalog.Search(d.r.Context(), d.looker(), catalog.Filter{}, page.Request{Limit: 1})
	if err != nil {
		return err
	}
	var names []string
	for _, f := range found.Facets {
		names = append(names, f.Category)
	}
	data.Categories = strings.Join(names, ", ")
	for i := range faqRows(form.Values) + 1 {
		data.FAQ = append(data.FAQ, i)
	}
	return d.render(status, "vendor/product-form", data)
}

// fillKinds offers the types that can be sold here.
func (d productDesk) fillKinds(data *productFormData) error {
	all, err := d.Catalog.Kinds(d.r.Context(), d.actor)
	if err != nil {
		return err
	}
	data.Kinds.Label = d.words.T("What kind of product")
	for _, k := range all {
		if k.Type != "" {
			data.Kinds.Items = append(data.Kinds.Items, ui.NavItem{Label: d.words.T(kindName(k)), Href: "/vendor/products/new?type=" + url.QueryEscape(string(k.Type)), Current: k.Type == d.kind.Type})
		}
	}
	return nil
}

// kindName is a product type for people.
func kindName(k catalog.Kind) string { return orElse(k.Name, string(k.Type)) }

// driftOptions are the ways to deal with drift.
func driftOptions() []ui.Option {
	var out []ui.Option
	for _, p := range catalog.DriftPolicies {
		out = append(out, ui.Option{Value: string(p), Label: driftLabel(p), Hint: driftWords(p)})
	}
	return out
}

func driftLabel(p catalog.DriftPolicy) string {
	switch p {
	case catalog.RepairDrift:
		return "Repair it"
	case catalog.BillDrift:
		return "Bill what runs"
	}
	return "Report it"
}

// driftWords says what a policy does.
func driftWords(p catalog.DriftPolicy) string {
	switch p {
	case catalog.RepairDrift:
		return "What was sold is made real again by itself."
	case catalog.BillDrift:
		return "The subscription is set to what runs, and billed for it from then on."
	}
	return "It is shown to the operator, who decides what to do."
}

func (p *Portal) newProduct(v *visit) error {
	d, err := v.newProductDesk(catalog.Type(orElse(v.query("type"), string(catalog.API))))
	if err != nil {
		return err
	}
	return d.page(http.StatusOK, ui.Form{Values: d.values()})
}

func (p *Portal) createProduct(v *visit) error {
	d, err := v.newProductDesk(catalog.Type(orElse(v.form("type"), string(catalog.API))))
	if err != nil {
		return err
	}
	if d.configuration.Edit(v.r.PostForm, v.form("do")) {
		return d.page(http.StatusOK, ui.Form{Values: v.r.PostForm})
	}
	in, read := d.read()
	if in.SKU == "" {
		in.SKU = skuOf(in.Name)
	}
	if len(read.Wrong) > 0 {
		return d.again(in, read, in.Validate())
	}
	created, err := p.Catalog.CreateProduct(v.r.Context(), v.actor, in)
	if err != nil {
		return d.again(in, read, err)
	}
	next := "import"
	if created.Type != catalog.API {
		next = "plans/new"
	}
	return v.done(productPath(created.ID, next), created.Name+" is saved as a draft.")
}

// read is what was typed.
func (d productDesk) read() (catalog.ProductInput, schemaform.Reading) {
	in, read := readProduct(d.r.PostForm), d.configuration.Read(d.r.PostForm)
	if in.Type = d.kind.Type; in.Type != catalog.API {
		in.Configuration = read.Document
	}
	return in, read
}

// again gives the form back with what is wrong in it.
func (d productDesk) again(in catalog.ProductInput, read schemaform.Reading, cause error) error {
	if _, ok := refused(cause); cause != nil && !ok {
		return cause
	}
	form := ui.Form{Values: d.r.PostForm}
	if cause != nil {
		form = ui.FormError(d.r.PostForm, cause)
	}
	if form.Errors = read.Fields(form.Errors); len(form.Errors) > 0 {
		form.Message = fault.InvalidFields(form.Errors...).Message
	}
	if form.Value("sku") == "" && in.SKU != "" {
		form.Values.Set("sku", in.SKU)
	}
	return d.page(http.StatusUnprocessableEntity, form)
}

func (p *Portal) editProduct(v *visit) error {
	d, err := v.oldProductDesk()
	if err != nil {
		return err
	}
	return d.page(http.StatusOK, ui.Form{Values: d.values()})
}

func (p *Portal) updateProduct(v *visit) error {
	d, err := v.oldProductDesk()
	if err != nil {
		return err
	}
	if do := v.form("do"); do == "addQuestion" || d.configuration.Edit(v.r.PostForm, do) {
		return d.page(http.StatusOK, ui.Form{Values: v.r.PostForm})
	}
	in, read := d.read()
	in.SKU = d.l.Product.SKU
	if len(read.Wrong) > 0 {
		return d.again(in, read, in.Validate())
	}
	updated, err := p.Catalog.UpdateProduct(v.r.Context(), v.actor, d.l.Product.ID, in)
	if err != nil {
		return d.again(in, read, err)
	}
	return v.done(productPath(updated.ID, ""), "Your changes are saved.")
}

// Question and Answer name the fields of a row.
func (productFormData) Question(i int) string { return fmt.Sprintf("faq[%d].question", i) }

// Answer is the name of the answer's field.
func (productFormData) Answer(i int) string { return fmt.Sprintf("faq[%d].answer", i) }
