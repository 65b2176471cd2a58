package portal

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// importData is the data of page "vendor/import": the ways to bring endpoints
// in, and what a document proposes.
type importData struct {
	workspace
	Form     ui.Form // the document, or the endpoint typed by hand
	Methods  []ui.Option
	Proposed *proposal
	Onboard  bool
}

// proposal is what was read from a document. It is kept in the page, not in
// the database: Kept is all of it, to be sent back with the picks.
type proposal struct {
	openapi.Result
	Form  ui.Form
	Rows  []proposedRow
	Kept  string
	Plain bool // too many to edit here
	Other string
}

// proposedRow is one operation with its field names.
type proposedRow struct {
	openapi.Endpoint
	Index  int
	At     string
	Picked bool
	Known  string // identifier under which the product has it already
	Error  string
}

// editable is how many proposals have fields to edit; a form holds 10,000 fields.
const editable = 3000

func (p *Portal) importPage(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	return v.importing(http.StatusOK, l, ui.Form{}, nil)
}

func (v *visit) importing(status int, l catalog.Listing, form ui.Form, found *proposal) error {
	d := importData{workspace: v.workspace("Choose endpoints", l), Form: form, Proposed: found, Onboard: l.Product.PublishedAt == nil}
	for _, m := range catalog.Methods {
		d.Methods = append(d.Methods, ui.Option{Value: m, Label: m})
	}
	return v.render(status, "vendor/import", d)
}

// importForm tells the forms of the page apart by their button.
func (p *Portal) importForm(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	switch v.form("do") {
	case "pick":
		return v.pick(l)
	case "all", "none":
		return v.pickAll(l, v.form("do") == "all")
	case "hand":
		return v.addByHand(l)
	}
	return v.readDocument(l)
}

func (v *visit) readDocument(l catalog.Listing) error {
	doc, err := v.document()
	if err != nil {
		return err
	}
	found, err := v.Catalog.Propose(v.r.Context(), v.actor, l.Product.ID, doc)
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		return v.importing(status, l, documentError(v.r.PostForm, err), nil)
	}
	prop, err := propose(found, l)
	if err != nil {
		return err
	}
	prop.pick(func(r proposedRow) bool { return r.Known == "" && !r.Deprecated })
	return v.importing(http.StatusOK, l, ui.Form{Values: url.Values{}}, prop)
}

// document is the file that was chosen, or the text that was pasted.
func (v *visit) document() ([]byte, error) {
	if v.r.MultipartForm != nil {
		if files := v.r.MultipartForm.File["file"]; len(files) > 0 && files[0].Size > 0 {
			f, err := files[0].Open()
			if err != nil {
				return nil, fmt.Errorf("open upload: %w", err)
			}
			defer f.Close()
			return io.ReadAll(f)
		}
	}
	return []byte(v.form("document")), nil
}

// documentError puts every fault of a document beside the document: its
// fields are places inside of it.
func documentError(values url.Values, err error) ui.Form {
	f := fault.As(err)
	form := ui.Form{Values: values, Message: "This document cannot be imported."}
	var words []string
	for _, e := range f.Fields {
		text := e.Message
		if e.Name != "document" {
			text = e.Name + ": " + text
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		words = []string{f.Message}
	}
	form.Errors = []fault.Field{{Name: "document", Message: strings.Join(words[:min(len(words), 10)], " ")}}
	return form
}

func propose(found openapi.Result, l catalog.Listing) (*proposal, error) {
	kept, err := json.Marshal(found)
	if err != nil {
		return nil, fmt.Errorf("keep proposal: %w", err)
	}
	out := &proposal{Result: found, Kept: string(kept), Plain: len(found.Proposed) > editable, Form: ui.Form{Values: url.Values{}}}
	if s := found.ServerURL(); s != "" && strings.TrimRight(s, "/") != strings.TrimRight(l.Product.UpstreamURL, "/") {
		out.Other = s
	}
	known := map[string]string{}
	for _, e := range l.Endpoints {
		known[e.Method+" "+e.Path] = e.Identifier
	}
	for i, e := range found.Proposed {
		row := proposedRow{Endpoint: e, Index: i, At: at(i), Known: known[e.Method+" "+e.Path]}
		out.Form.Values.Set(row.At+"identifier", e.Identifier)
		out.Form.Values.Set(row.At+"name", e.Name)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func (p *proposal) pick(chosen func(proposedRow) bool) {
	for i := range p.Rows {
		p.Rows[i].Picked = chosen(p.Rows[i])
	}
}

// Picked counts the picks.
func (p *proposal) Picked() int {
	n := 0
	for _, r := range p.Rows {
		if r.Picked {
			n++
		}
	}
	return n
}

// proposalAgain is the proposal that was on the page, with what was typed.
func (v *visit) proposalAgain(l catalog.Listing) (*proposal, error) {
	var found openapi.Result
	if err := json.Unmarshal([]byte(v.form("proposed")), &found); err != nil {
		return nil, fault.New(fault.Invalid, "This page arrived damaged. Read the document again.").Because(err)
	}
	prop, err := propose(found, l)
	if err != nil {
		return nil, err
	}
	for i := range prop.Rows {
		row := &prop.Rows[i]
		for name, to := range map[string]*string{"identifier": &row.Identifier, "name": &row.Name} {
			if v.r.PostForm.Has(row.At + name) {
				*to = strings.TrimSpace(v.form(row.At + name))
				prop.Form.Values.Set(row.At+name, *to)
			}
		}
	}
	picks := v.r.PostForm["pick"]
	prop.pick(func(r proposedRow) bool { return slices.Contains(picks, strconv.Itoa(r.Index)) })
	return prop, nil
}

func (v *visit) pickAll(l catalog.Listing, all bool) error {
	prop, err := v.proposalAgain(l)
	if err != nil {
		return err
	}
	prop.pick(func(r proposedRow) bool { return all && r.Known == "" })
	return v.importing(http.StatusOK, l, ui.Form{}, prop)
}

// pick adds what was ticked.
func (v *visit) pick(l catalog.Listing) error {
	prop, err := v.proposalAgain(l)
	if err != nil {
		return err
	}
	var ins []catalog.EndpointInput
	var from []int
	for i, r := range prop.Rows {
		if r.Picked {
			from = append(from, i)
			ins = append(ins, catalog.EndpointInput{Identifier: r.Identifier, Name: r.Name, Description: r.Description, Method: r.Method, Path: r.Path})
		}
	}
	if _, err = v.Catalog.AddEndpoints(v.r.Context(), v.actor, l.Product.ID, ins); err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		prop.blame(err, from)
		return v.importing(status, l, ui.Form{}, prop)
	}
	return v.added(l, len(ins))
}

// blame puts the faults of an input into the rows it was made from.
func (p *proposal) blame(err error, from []int) {
	f := fault.As(err)
	p.Form.Message = f.Message
	for _, e := range f.Fields {
		if e.Name == "endpoints" {
			p.Form.Message = "Tick at least one endpoint."
			continue
		}
		var n int
		var field string
		if _, err := fmt.Sscanf(strings.NewReplacer("[", " ", "].", " ").Replace(e.Name), "endpoints %d %s", &n, &field); err != nil || n >= len(from) {
			p.Form.Errors = append(p.Form.Errors, e)
			continue
		}
		row := &p.Rows[from[n]]
		name := row.At + field
		if field != "identifier" && field != "name" {
			name, row.Error = row.At+"pick", e.Message
		}
		p.Form.Errors = append(p.Form.Errors, fault.Field{Name: name, Message: e.Message})
	}
}

// added goes on to what comes next: prices, while there are none.
func (v *visit) added(l catalog.Listing, n int) error {
	next := "endpoints"
	if len(l.Plans) == 0 {
		next = "plans/new"
	}
	text := "1 endpoint was added."
	if n != 1 {
		text = v.words.T("%s were added.", v.words.Plural(n, "endpoint", "endpoints"))
	}
	return v.done(productPath(l.Product.ID, next), text)
}

func (v *visit) addByHand(l catalog.Listing) error {
	in := readEndpoint(v.r.PostForm)
	if in.Identifier == "" {
		in.Identifier = skuOf(in.Method + " " + in.Path)
	}
	_, err := v.Catalog.AddEndpoints(v.r.Context(), v.actor, l.Product.ID, []catalog.EndpointInput{in})
	if err == nil {
		return v.done(productPath(l.Product.ID, "import")+"#by-hand", in.Method+" "+in.Path+" was added.")
	}
	status, ok := refused(err)
	if !ok {
		return err
	}
	form := ui.FormError(v.r.PostForm, err)
	for i := range form.Errors {
		form.Errors[i].Name = strings.TrimPrefix(form.Errors[i].Name, "endpoints[0].")
	}
	return v.importing(status, l, form, nil)
}

func readEndpoint(f url.Values) catalog.EndpointInput {
	text := func(name string) string { return strings.TrimSpace(f.Get(name)) }
	return catalog.EndpointInput{Identifier: text("identifier"), Name: text("name"), Description: text("description"),
		Method: text("method"), Path: text("path")}
}

// endpointData is the data of page "vendor/endpoint".
type endpointData struct {
	workspace
	Endpoint catalog.Endpoint
	Form     ui.Form
	Methods  []ui.Option
}

func (v *visit) endpointForm(status int, l catalog.Listing, e catalog.Endpoint, form ui.Form) error {
	d := endpointData{workspace: v.workspace("Edit "+e.Name, l), Endpoint: e, Form: form}
	d.Crumbs = append(d.Crumbs, ui.NavItem{Label: "Endpoints", Href: d.To("endpoints")})
	for _, m := range catalog.Methods {
		d.Methods = append(d.Methods, ui.Option{Value: m, Label: m})
	}
	return v.render(status, "vendor/endpoint", d)
}

func (v *visit) endpointOf() (catalog.Listing, catalog.Endpoint, error) {
	l, err := v.productOf()
	if err != nil {
		return l, catalog.Endpoint{}, err
	}
	i := slices.IndexFunc(l.Endpoints, func(e catalog.Endpoint) bool { return e.Identifier == v.param("identifier") })
	if i < 0 {
		return l, catalog.Endpoint{}, fault.New(fault.NotFound, "The product has no such endpoint.")
	}
	return l, l.Endpoints[i], nil
}

func (p *Portal) editEndpoint(v *visit) error {
	l, e, err := v.endpointOf()
	if err != nil {
		return err
	}
	return v.endpointForm(http.StatusOK, l, e, ui.Form{Values: url.Values{"identifier": {e.Identifier}, "name": {e.Name},
		"description": {e.Description}, "method": {e.Method}, "path": {e.Path}}})
}

func (p *Portal) updateEndpoint(v *visit) error {
	l, e, err := v.endpointOf()
	if err != nil {
		return err
	}
	changed, err := p.Catalog.UpdateEndpoint(v.r.Context(), v.actor, l.Product.ID, e.Identifier, readEndpoint(v.r.PostForm))
	if err == nil {
		return v.done(productPath(l.Product.ID, "endpoints"), changed.Name+" is saved.")
	}
	status, ok := refused(err)
	if !ok {
		return err
	}
	return v.endpointForm(status, l, e, ui.FormError(v.r.PostForm, err))
}
