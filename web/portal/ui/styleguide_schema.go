package ui

import (
	"net/url"

	"github.com/fondaco/fondaco/core/fault"
)

// styleguideSchema are generated fields of every kind, in their states.
func styleguideSchema() []SchemaField {
	form := FormError(url.Values{"settings.mark": {"fondaco"}, "settings.inFlight": {"99"}, "settings.billing": {"prepaid"}, "settings.verify": {"true"},
		"settings.zones": {"nova\nspare"}, "settings.extra": {"{\"quota\": "}, "settings.clouds[0].key": {"main"}, "settings.clouds[0].url": {"https://cloud.example:5000/v3"},
		"settings.clouds[1].key": {""}}, fault.InvalidFields(
		fault.Field{Name: "settings.inFlight", Message: "At most 64."}, fault.Field{Name: "settings.extra", Message: "This is not JSON."},
		fault.Field{Name: "settings.clouds[1].key", Message: "Give this entry a name."}))
	field := func(name, label string, settings ...any) SchemaField {
		f, err := form.Field("settings."+name, label, settings...)
		if err != nil {
			f.Error = err.Error() // shown where it belongs
		}
		return SchemaField{Field: f}
	}
	quotas := field("quotas", "Dependent quotas", "hint", "What is not sold by itself, in every project.", "required", true)
	quotas.Parts = []SchemaField{field("networks", "Networks", "kind", "number", "min", "0", "value", "4", "short", true), field("routers", "Routers", "kind", "number", "min", "0", "value", "1", "short", true)}
	clouds := field("clouds", "Clouds", "hint", "Each by a name that plans refer to.", "required", true)
	entry := func(id, label, at, secret string, kept bool) SchemaEntry {
		return SchemaEntry{ID: id, Label: label, Key: field(at+".key", "Name", "required", true, "code", true).Field, Remove: "removeEntry:" + at,
			Parts: []SchemaField{field(at+".url", "Auth URL", "kind", "url", "required", true), field(at+".password", "Password", "kind", "password", "required", !kept, "hint", secret)}}
	}
	clouds.Map = &SchemaMap{Add: "addEntry:settings.clouds", AddText: "Add to “Clouds”", Entries: []SchemaEntry{
		entry("sg-cloud-0", "Clouds 1", "clouds[0]", "A value is kept. Left empty, it stays as it is.", true),
		entry("sg-cloud-1", "Clouds 2", "clouds[1]", "Kept encrypted and never shown again.", false)}}
	return []SchemaField{
		field("mark", "Mark", "hint", "Begins the names of all we make.", "required", true),
		field("inFlight", "Calls at once", "kind", "number", "min", "1", "max", "64", "short", true),
		field("billing", "Billing", "kind", "select", "required", true, "options", []Option{{Value: "prepaid", Label: "Prepaid"}, {Value: "payAsYouGo", Label: "Pay as you go"}}),
		field("verify", "Verify certificates", "kind", "checkbox", "hint", "Turn off for clouds with a certificate of their own only."),
		field("zones", "Zones", "kind", "textarea", "rows", 2, "hint", "One to a line."),
		field("extra", "Extra", "kind", "textarea", "rows", 2, "code", true, "hint", "Written as JSON."),
		quotas, clouds,
	}
}
