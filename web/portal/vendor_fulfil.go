package portal

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/web/portal/ui"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// emptyRows is how many rows a form offers beyond those that are filled.
const emptyRows = 2

// vendorSaleData is the data of page "vendor/subscriber": a sale with what its
// vendor does about it.
type vendorSaleData struct {
	saleData
	decision
	ByVendor     bool // nobody but the vendor sets it up
	Reports      ui.Form
	Report       []ui.Option
	Addresses    ui.Form
	AddressRows  []int
	Categories   []ui.Option
	Instructions ui.Form
	Languages    []ui.Option // of the instructions: code and name
	Credentials  ui.Form
	KeyRows      []int
	Keys         []string // of the credentials that were given
	Lines        ui.Form
	When         []ui.Option
	Extras       []extraRow
}

// decision is an order that waits for who sells it.
type decision struct {
	Waits   bool
	Approve ui.Link
	Reject  ui.Link
}

func (v *visit) decision(sub subscription.Subscription) decision {
	self := v.salePath(sub.ID)
	return decision{Waits: sub.Status == subscription.RequiresApproval,
		Approve: ui.Link{Label: "Approve order", Href: self + "/approve"}, Reject: ui.Link{Label: "Reject order", Href: self + "/reject"}}
}

func (p *Portal) vendorSubscriber(v *visit) error {
	return v.vendorSale(http.StatusOK, func(*vendorSaleData) {})
}

// vendorSale answers with the page; with changes a form that is given back.
func (v *visit) vendorSale(status int, with func(*vendorSaleData)) error {
	sale, err := v.saleData()
	if err != nil {
		return err
	}
	d := vendorSaleData{saleData: sale, decision: v.decision(sale.Subscription), ByVendor: sale.VendorProvisioned() && !sale.Gone(),
		Report: reportOptions(sale.Subscription), Categories: categoryOptions(), When: whenOptions()}
	extras, err := v.Invoices.Extras(v.r.Context(), v.actor, sale.ID)
	if err != nil {
		return err
	}
	d.Extras = v.extraRows(extras)
	if d.ByVendor {
		access, err := v.Fulfilment.Masked(v.r.Context(), v.actor, sale.ID)
		if err != nil {
			return err
		}
		d.given(access)
	}
	with(&d)
	return v.render(status, "vendor/subscriber", d)
}

// given fills the forms with what the customer has.
func (d *vendorSaleData) given(a fulfilment.Access) {
	d.Addresses.Values, d.Instructions.Values = url.Values{}, url.Values{}
	for i, e := range a.Endpoints {
		at := fmt.Sprintf("endpoints[%d].", i)
		d.Addresses.Values.Set(at+"url", e.URL)
		d.Addresses.Values.Set(at+"category", string(e.Category))
		d.Addresses.Values.Set(at+"description", e.Description)
	}
	d.AddressRows = upToRow(len(a.Endpoints) + emptyRows)
	d.Languages = instructionLanguages(a.Instructions)
	for language, text := range a.Instructions {
		d.Instructions.Values.Set("instructions."+language, text)
	}
	for _, c := range a.Credentials {
		d.Keys = append(d.Keys, c.Name)
	}
	d.KeyRows = upToRow(len(a.Credentials) + emptyRows)
}

// upToRow counts rows from 0.
func upToRow(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// saleRefused gives the form back that the person can mend.
func (v *visit) saleRefused(err error, form func(*vendorSaleData) *ui.Form) error {
	status, ok := refused(err)
	if !ok {
		return err
	}
	return v.vendorSale(status, func(d *vendorSaleData) { *form(d) = ui.FormError(v.r.PostForm, err) })
}

func (p *Portal) reportSale(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	err = p.Fulfilment.Report(v.r.Context(), v.actor, id, fulfilment.Report{Status: fulfilment.Status(v.form("status")), Message: v.form("message")})
	if err != nil {
		return v.saleRefused(err, func(d *vendorSaleData) *ui.Form { return &d.Reports })
	}
	return v.done(v.salePath(id), "Your report is kept, and the customer sees it.")
}

func (p *Portal) setAddresses(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	var all []fulfilment.EndpointInput
	for i := range rowsOf(v.r.PostForm, "endpoints", "url") {
		at := fmt.Sprintf("endpoints[%d].", i)
		all = append(all, fulfilment.EndpointInput{URL: v.form(at + "url"), Category: fulfilment.Category(v.form(at + "category")), Description: v.form(at + "description")})
	}
	if err := p.Fulfilment.SetEndpoints(v.r.Context(), v.actor, id, all); err != nil {
		return v.saleRefused(err, func(d *vendorSaleData) *ui.Form { return &d.Addresses })
	}
	return v.done(v.salePath(id), "The addresses are saved.")
}

func (p *Portal) setInstructions(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for name := range v.r.PostForm {
		var language string
		if n, _ := fmt.Sscanf(name, "instructions.%s", &language); n == 1 && v.form(name) != "" {
			texts[language] = v.form(name)
		}
	}
	if err := p.Fulfilment.SetInstructions(v.r.Context(), v.actor, id, texts); err != nil {
		return v.saleRefused(err, func(d *vendorSaleData) *ui.Form { return &d.Instructions })
	}
	return v.done(v.salePath(id), "The instructions are saved.")
}

// setCredentials replaces the credentials; what was given is never drawn.
func (p *Portal) setCredentials(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	var all []fulfilment.CredentialInput
	for i := range rowsOf(v.r.PostForm, "credentials", "key") {
		at := fmt.Sprintf("credentials[%d].", i)
		all = append(all, fulfilment.CredentialInput{Key: v.form(at + "key"), Value: secret.Text(v.form(at + "value")), Weight: i})
	}
	if err := p.Fulfilment.SetCredentials(v.r.Context(), v.actor, id, all); err != nil {
		return v.saleRefused(err, func(d *vendorSaleData) *ui.Form { return &d.Credentials })
	}
	return v.done(v.salePath(id), "The credentials are saved. Nobody but the customer reads them again.")
}

// rowsOf is how many rows of a form are filled, from the first to the last that is.
func rowsOf(form url.Values, list, field string) int {
	n := 0
	for i := range 100 {
		if form.Get(fmt.Sprintf("%s[%d].%s", list, i, field)) != "" {
			n = i + 1
		}
	}
	return n
}

// reportOptions are what a vendor can say of a sale as it stands.
func reportOptions(sub subscription.Subscription) []ui.Option {
	up := ui.Option{Value: string(fulfilment.Deployed), Label: "Mark as set up"}
	failed := ui.Option{Value: string(fulfilment.Failed), Label: "Setup failed"}
	down := ui.Option{Value: string(fulfilment.Undeployed), Label: "Mark as removed"}
	switch sub.Status {
	case subscription.Pending:
		return []ui.Option{up, failed}
	case subscription.Failed:
		return []ui.Option{up}
	case subscription.Terminating:
		return []ui.Option{down}
	}
	return nil
}

func categoryOptions() []ui.Option {
	var all []ui.Option
	words := map[fulfilment.Category]string{fulfilment.App: "Where it is used", fulfilment.PasswordReset: "Password reset",
		fulfilment.Documentation: "Documentation", fulfilment.Video: "Video"}
	for _, c := range fulfilment.Categories {
		all = append(all, ui.Option{Value: string(c), Label: words[c]})
	}
	return all
}

// extraRow is a vendor's own line as the page shows it.
type extraRow struct {
	invoice.ExtraLine
	When   string
	Number int // among those of its kind
}

func (v *visit) extraRows(e invoice.Extras) []extraRow {
	var out []extraRow
	for i, l := range e.OneShot {
		out = append(out, extraRow{ExtraLine: l, When: "with the next invoice", Number: i})
	}
	for i, l := range e.Recurring {
		out = append(out, extraRow{ExtraLine: l, When: "with every invoice", Number: i})
	}
	return out
}

func whenOptions() []ui.Option {
	return []ui.Option{{Value: "now", Label: "Now, on an invoice of its own"}, {Value: string(invoice.OneShot), Label: "With the next invoice"},
		{Value: string(invoice.Recurring), Label: "With every invoice"}}
}

// lineInput is a line that stays as it is.
func lineInput(l invoice.ExtraLine) invoice.LineInput {
	return invoice.LineInput{Price: l.Price, Quantity: new(l.Quantity), Unit: l.Unit, Description: l.Description, Identifier: l.Identifier,
		Purchased: new(l.PurchasedAt), Tags: l.Tags.Map, PlatformCost: l.PlatformCost}
}

// instructionLanguages are those that instructions are there in, after the
// portal's own two, by their English names.
func instructionLanguages(there map[string]string) []ui.Option {
	codes := []string{"en", "it"}
	for _, code := range slices.Sorted(maps.Keys(there)) {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	out := make([]ui.Option, len(codes))
	for i, code := range codes {
		out[i] = ui.Option{Value: code, Label: cmp.Or(display.English.Languages().Name(language.Make(code)), code)}
	}
	return out
}
