package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// providerData is the data of page "operator/provider": a provider that is set
// up or changed.
type providerData struct {
	ui.Page
	Form     ui.Form
	ID       int64 // 0 for a new one
	Name     string
	Plugin   string // "" while none is chosen
	Plugins  []ui.Option
	Types    []ui.Option
	Settings []ui.SchemaField
	Row      *providerRow // how a provider that exists is
	Unwell   string       // what the plugin said of the settings that were just tried
	Down     string       // why the plugin cannot say which settings there are
}

func providerPath(id int64) string { return fmt.Sprintf("/operator/providers/%d", id) }

// providerForm is what is needed to draw and to read the form.
type providerForm struct {
	id          int64
	name        string
	current     catalog.Type
	description sdk.Description
	settings    schemaform.Form
}

// schemaForm is the generated part of a form; a schema that cannot be read is
// the plugin's mistake.
func (v *visit) schemaForm(prefix string, raw json.RawMessage) (schemaform.Form, error) {
	s, err := schema.Parse(raw)
	if err != nil {
		return schemaform.Form{}, fault.New(fault.Unavailable, "The plugin describes its fields in a way that cannot be read.").Because(err)
	}
	return schemaform.Form{Prefix: prefix, Fields: s.Fields(), Words: v.words.Locale}, nil
}

func (v *visit) newProviderForm(plugin string) (f providerForm, err error) {
	if f.description, err = v.Provision.DescribePlugin(v.r.Context(), v.actor, plugin); err != nil {
		return f, err
	}
	f.settings, err = v.schemaForm("settings", f.description.SettingsSchema)
	return f, err
}

// oldProviderForm is the form of a provider that exists, and its fields.
func (v *visit) oldProviderForm() (f providerForm, values url.Values, err error) {
	id, err := v.id("id")
	if err != nil {
		return f, nil, err
	}
	p, err := v.Provision.ProviderSettings(v.r.Context(), v.actor, id)
	if err != nil {
		return f, nil, err
	}
	if f, err = v.newProviderForm(p.Plugin); err != nil {
		return f, nil, err
	}
	f.id, f.name, f.current, f.settings.Kept = p.ID, p.Name, p.ProductType, p.Kept
	values = f.settings.Values(p.Shown)
	for name, value := range map[string]string{"productType": string(p.ProductType), "maxInFlight": strconv.Itoa(p.MaxInFlight),
		"callTimeoutSeconds": strconv.Itoa(p.CallTimeoutSeconds)} {
		values.Set(name, value)
	}
	return f, values, nil
}

func (v *visit) providerPage(status int, f providerForm, form ui.Form, unwell string) error {
	d := providerData{Page: v.base("New provider"), Form: form, ID: f.id, Name: f.name, Plugin: f.description.Name, Types: f.types(), Unwell: unwell}
	d.Crumbs = []ui.NavItem{{Label: "Providers", Href: "/operator/providers"}}
	var err error
	if d.Settings, err = f.settings.Draw(form); err != nil {
		return err
	}
	if f.id != 0 {
		d.Title = f.name
		if d.Row, err = v.providerRow(f.id); err != nil {
			return err
		}
	}
	return v.render(status, "operator/provider", d)
}

// types are the product types that the provider can serve: those of its plugin,
// and what it serves now.
func (f providerForm) types() []ui.Option {
	var out []ui.Option
	known := map[string]bool{}
	for _, t := range append(f.description.ProductTypes, string(f.current)) {
		if t != "" && !known[t] {
			out = append(out, ui.Option{Value: t, Label: t})
		}
		known[t] = true
	}
	return out
}

// newProvider asks for the plugin first: its schema makes the rest of the form.
func (p *Portal) newProvider(v *visit) error {
	if v.query("plugin") == "" {
		return v.choosePlugin()
	}
	f, err := v.newProviderForm(v.query("plugin"))
	if err != nil {
		return err
	}
	values := f.settings.Defaults()
	for name, value := range map[string]string{"plugin": f.description.Name, "maxInFlight": strconv.Itoa(provision.DefaultInFlight),
		"callTimeoutSeconds": strconv.Itoa(int(provision.DefaultCallTimeout.Seconds()))} {
		values.Set(name, value)
	}
	return v.providerPage(http.StatusOK, f, ui.Form{Values: values}, "")
}

func (v *visit) choosePlugin() error {
	all, err := v.Provision.ListPlugins(v.actor)
	if err != nil {
		return err
	}
	d := providerData{Page: v.base("New provider")}
	d.Crumbs = []ui.NavItem{{Label: "Providers", Href: "/operator/providers"}}
	for _, plugin := range all {
		d.Plugins = append(d.Plugins, ui.Option{Value: plugin.Name, Label: plugin.Name})
	}
	return v.render(http.StatusOK, "operator/provider", d)
}

func (p *Portal) createProvider(v *visit) error {
	f, err := v.newProviderForm(v.form("plugin"))
	if err != nil {
		return err
	}
	return v.saveProvider(f)
}

func (p *Portal) provider(v *visit) error {
	f, values, err := v.oldProviderForm()
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.NotFound) {
		return v.providerWithoutPlugin(err)
	}
	if err != nil {
		return err
	}
	return v.providerPage(http.StatusOK, f, ui.Form{Values: values}, "")
}

// providerWithoutPlugin shows a provider whose plugin does not answer: how it
// is, but no form.
func (v *visit) providerWithoutPlugin(cause error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	row, err := v.providerRow(id)
	if err != nil {
		return err
	}
	d := providerData{Page: v.base(row.Name), ID: id, Name: row.Name, Plugin: row.Plugin, Row: row, Down: fault.As(cause).Message}
	d.Crumbs = []ui.NavItem{{Label: "Providers", Href: "/operator/providers"}}
	return v.render(http.StatusOK, "operator/provider", d)
}

func (p *Portal) updateProvider(v *visit) error {
	f, _, err := v.oldProviderForm()
	if err != nil {
		return err
	}
	return v.saveProvider(f)
}

// saveProvider tries what was typed and keeps it, or gives the form back.
func (v *visit) saveProvider(f providerForm) error {
	typed := v.r.PostForm
	if f.settings.Edit(typed, v.form("do")) {
		return v.providerPage(http.StatusOK, f, ui.Form{Values: typed}, "")
	}
	read := f.settings.Read(typed)
	if len(read.Wrong) > 0 {
		return v.providerPage(http.StatusUnprocessableEntity, f, ui.FormError(typed, fault.InvalidFields(read.Wrong...)), "")
	}
	in, wrong := v.readProvider(f, read.Document)
	if len(wrong) > 0 {
		return v.providerPage(http.StatusUnprocessableEntity, f, ui.FormError(typed, fault.InvalidFields(wrong...)), "")
	}
	saved, err := v.Provision.ConfigureProvider(v.r.Context(), v.actor, f.id, in)
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		form, unwell := providerWrong(typed, fault.As(err), read)
		return v.providerPage(status, f, form, unwell)
	}
	if in.Force {
		return v.done(providerPath(saved.ID), v.words.T("%s is saved without a trial.", saved.Name))
	}
	return v.done(providerPath(saved.ID), v.words.T("%s is saved and works.", saved.Name))
}

// readProvider is what was typed beside the plugin's settings.
func (v *visit) readProvider(f providerForm, settings json.RawMessage) (provision.ProviderInput, []fault.Field) {
	r := &planReader{values: v.r.PostForm}
	in := provision.ProviderInput{Name: v.form("name"), Plugin: f.description.Name, ProductType: catalog.Type(v.form("productType")),
		Settings: settings, Force: v.form("anyway") == "true",
		MaxInFlight: int(r.whole("maxInFlight", 0)), CallTimeoutSeconds: int(r.whole("callTimeoutSeconds", 0))}
	if r.check.OK() {
		return in, nil
	}
	return in, fault.As(r.check.Err()).Fields
}

// providerWrong is the form given back. That the provider does not work with
// the settings is said of them as a whole, and is apart.
func providerWrong(typed url.Values, err *fault.Error, read schemaform.Reading) (form ui.Form, unwell string) {
	whole := func(f fault.Field) bool { return f.Name == "settings" }
	if i := slices.IndexFunc(err.Fields, whole); i >= 0 {
		unwell = err.Fields[i].Message
		err = fault.New(err.Code, "Nothing was saved: the provider does not work with these settings. "+unwell)
	}
	form = ui.FormError(typed, err)
	form.Errors = read.Fields(err.Fields)
	return form, unwell
}
