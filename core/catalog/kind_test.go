package catalog_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// boxes are the product types of this test: box, and silent, whose plugin
// never answered.
type boxes struct{}

func (boxes) Kind(_ context.Context, t catalog.Type) (catalog.Kind, error) {
	switch t {
	case "box":
		return boxKind(), nil
	case "silent":
		return catalog.Kind{}, fault.New(fault.Unavailable, "The plugin silent does not answer.")
	}
	return catalog.Kind{}, fault.New(fault.NotFound, "There is no such type.")
}

func (b boxes) Kinds(context.Context) ([]catalog.Kind, error) {
	return []catalog.Kind{boxKind(), {Plugin: "silent", Unavailable: "The plugin silent does not answer."}}, nil
}

func mainOnly(_ context.Context, _ *store.Tx, _ catalog.Type, name string) error {
	if name != "main" {
		return fault.Newf(fault.Precondition, "There is no provider %q.", name)
	}
	return nil
}

func boxKind() catalog.Kind {
	return catalog.Kind{Type: "box", Plugin: "example", Name: "box", Meters: []catalog.Meter{{Name: "openings", Unit: "opening"}},
		ProductSchema: mustParse(`{"type":"object","additionalProperties":false,"required":["material"],"properties":{
			"material":{"type":"string"},"lockCode":{"type":"string","writeOnly":true}}}`),
		PlanSchema: mustParse(`{"type":"object","additionalProperties":false,"properties":{"size":{"type":"integer","minimum":1},"pin":{"type":"string","writeOnly":true}},"required":["size"]}`),
		ParametersSchema: mustParse(`{"type":"object","additionalProperties":false,"properties":{
			"litres":{"title":"Litres","type":"integer","minimum":1,"maximum":100},"shelves":{"type":"integer","minimum":0},
			"colour":{"enum":["red","blue"]},"seal":{"type":"string","writeOnly":true}}}`)}
}

func mustParse(text string) *schema.Schema {
	s, err := schema.Parse(json.RawMessage(text))
	if err != nil {
		panic(err)
	}
	return s
}

// boxProduct is a product of a type that a plugin brings.
func boxProduct() catalog.ProductInput {
	return catalog.ProductInput{Name: "Boxes", SKU: "boxes", Type: "box", Category: "storage", ShortDescription: "Boxes",
		Configuration: json.RawMessage(`{"material":"oak","lockCode":"1234"}`)}
}

func boxPlan() catalog.PlanInput {
	return catalog.PlanInput{Name: "Small", Terms: price.Terms{Currency: "EUR"}, Configuration: json.RawMessage(`{"size":3}`), Provider: "main",
		Resources: []catalog.PlanResource{{Parameter: "litres", Unit: "l", Min: 2, Max: 20, Step: 2, Default: 4, UnitPrice: money.MustParse("0.5"), Included: 2}},
		Meters:    []catalog.PlanMeter{{Meter: "openings", Charge: price.Charge{UnitPrice: new(money.MustParse("0.1"))}}}}
}

func TestConfiguredProduct_keepsItsSecretsAndShowsNone(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	p, err := b.CreateProduct(ctx, b.vendor, boxProduct())
	require.NoError(t, err)
	require.JSONEq(t, `{"material":"oak"}`, p.Configuration)
	require.NotContains(t, string(p.ConfigurationSealed), "1234")
	require.Equal(t, catalog.ReportDrift, p.DriftPolicy, "the default")

	in := boxProduct()
	in.Configuration, in.DriftPolicy = json.RawMessage(`{"material":"elm"}`), catalog.BillDrift
	p, err = b.UpdateProduct(ctx, b.vendor, p.ID, in)
	require.NoError(t, err)
	whole, err := b.Configuration(p)
	require.NoError(t, err)
	require.JSONEq(t, `{"material":"elm","lockCode":"1234"}`, string(whole), "a secret that is left out stays")
	require.Equal(t, catalog.BillDrift, p.DriftPolicy)

	in.DriftPolicy = ""
	p, err = b.UpdateProduct(ctx, b.vendor, p.ID, in)
	require.NoError(t, err)
	require.Equal(t, catalog.BillDrift, p.DriftPolicy, "left out, it stays")
}

func TestConfiguredProduct_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	for name, c := range map[string]struct {
		change func(*catalog.ProductInput)
		field  string
		says   string
	}{
		"a field of the plugin's":   {func(in *catalog.ProductInput) { in.Configuration = json.RawMessage(`{"material":7}`) }, "configuration.material", "Write a text."},
		"what the plugin wants":     {func(in *catalog.ProductInput) { in.Configuration = nil }, "configuration.material", "This is required."},
		"what nobody knows":         {func(in *catalog.ProductInput) { in.Configuration = json.RawMessage(`{"material":"oak","a":1}`) }, "configuration.a", "not known"},
		"an upstream":               {func(in *catalog.ProductInput) { in.UpstreamURL = "https://x.example" }, "api", "no upstream"},
		"a policy":                  {func(in *catalog.ProductInput) { in.DriftPolicy = "ignore" }, "driftPolicy", "report"},
		"a type that is none":       {func(in *catalog.ProductInput) { in.Type = "barrel" }, "type", "Use one of: api, box, syndicated, service."},
		"an API that is configured": {func(in *catalog.ProductInput) { in.Type, in.UpstreamURL = catalog.API, "https://x.example" }, "configuration", "no configuration"},
	} {
		in := boxProduct()
		c.change(&in)
		_, err := b.CreateProduct(ctx, b.vendor, in)
		require.Contains(t, fields(t, err)[c.field], c.says, name)
	}
	in := boxProduct()
	in.Type = "silent"
	_, err := b.CreateProduct(ctx, b.vendor, in)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}

func TestConfiguredPlan_isSoldWithQuantitiesAndMeters(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	p, err := b.CreateProduct(ctx, b.vendor, boxProduct())
	require.NoError(t, err)
	plan, err := b.CreatePlan(ctx, b.vendor, p.ID, boxPlan())
	require.NoError(t, err)
	content := plan.Revision.Content
	require.JSONEq(t, `{"size":3}`, string(content.Configuration))
	require.Equal(t, "Litres (l)", content.Resources[0].Title(), "the name of the plugin's field")
	require.Equal(t, "openings", content.Meters[0].Title(), "the unit is in the name")
	require.Equal(t, "opening", content.Meters[0].Unit)
	require.Equal(t, price.PerUnit, content.Meters[0].Model)
	_, err = b.Submit(ctx, b.vendor, p.ID)
	require.NoError(t, err, "it needs no endpoint")
}

func TestConfiguredPlan_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	p, err := b.CreateProduct(ctx, b.vendor, boxProduct())
	require.NoError(t, err)
	resource := func(change func(r *catalog.PlanResource)) func(*catalog.PlanInput) {
		return func(in *catalog.PlanInput) { change(&in.Resources[0]) }
	}
	for name, c := range map[string]struct {
		change func(*catalog.PlanInput)
		field  string
		says   string
	}{
		"configuration":     {func(in *catalog.PlanInput) { in.Configuration = json.RawMessage(`{"size":0}`) }, "configuration.size", "At least 1."},
		"a secret":          {func(in *catalog.PlanInput) { in.Configuration = json.RawMessage(`{"size":1,"pin":"9"}`) }, "configuration.pin", "no secrets"},
		"a provider":        {func(in *catalog.PlanInput) { in.Provider = "other" }, "provider", "no provider"},
		"endpoints":         {func(in *catalog.PlanInput) { in.Endpoints = plan("x").Endpoints }, "endpoints", "Only a plan of an API"},
		"no quantity":       {resource(func(r *catalog.PlanResource) { r.Parameter = "colour" }), "resources[0].parameter", "no quantity"},
		"below the plugin":  {resource(func(r *catalog.PlanResource) { r.Min, r.Default = 0, 2 }), "resources[0].min", "1 to 100"},
		"above the plugin":  {resource(func(r *catalog.PlanResource) { r.Max = 200 }), "resources[0].max", "1 to 100"},
		"most below least":  {resource(func(r *catalog.PlanResource) { r.Max = 1 }), "resources[0].max", "at least the least"},
		"a negative step":   {resource(func(r *catalog.PlanResource) { r.Step = -1 }), "resources[0].step", "at least 1"},
		"default beside":    {resource(func(r *catalog.PlanResource) { r.Default = 5 }), "resources[0].default", "steps of 2"},
		"default of none":   {resource(func(r *catalog.PlanResource) { r.Max, r.Default = 0, 200 }), "resources[0].default", "1 to 100"},
		"default above":     {resource(func(r *catalog.PlanResource) { r.Default = 22 }), "resources[0].default", "At most 20."},
		"a negative price":  {resource(func(r *catalog.PlanResource) { r.UnitPrice = money.Int(-1) }), "resources[0].unitPrice", ""},
		"a negative amount": {resource(func(r *catalog.PlanResource) { r.Included = -1 }), "resources[0].included", "0 or more"},
		"twice":             {func(in *catalog.PlanInput) { in.Resources = append(in.Resources, in.Resources[0]) }, "resources[1].parameter", "twice"},
		"no meter":          {func(in *catalog.PlanInput) { in.Meters[0].Meter = "knocks" }, "meters[0].meter", "no meter"},
		"a meter's price":   {func(in *catalog.PlanInput) { in.Meters[0].UnitPrice = nil }, "meters[0].flatPrice", "flatPrice"},
	} {
		in := boxPlan()
		c.change(&in)
		_, err := b.CreatePlan(ctx, b.vendor, p.ID, in)
		require.Contains(t, fields(t, err), c.field, name)
		require.Contains(t, fields(t, err)[c.field], c.says, name)
	}
	in := plan("Starter")
	in.Resources = boxPlan().Resources
	_, err = b.CreatePlan(ctx, b.vendor, b.draft(t, "lagoon").ID, in)
	require.Contains(t, fields(t, err), "resources", "an API has endpoints")
}

// content is what CreatePlan would make of the plan.
func content() catalog.PlanContent {
	in := boxPlan()
	return catalog.PlanContent{Terms: in.Terms, Resources: in.Resources, Meters: in.Meters}
}

func TestFit_fillsInDefaultsAndNamesWhatCannotBeBought(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		``: `{"litres":4}`, `null`: `{"litres":4}`, `{"litres":null}`: `{"litres":4}`,
		`{"litres":6.0,"colour":"red"}`: `{"colour":"red","litres":6}`,
	} {
		got, err := boxKind().Fit(content(), json.RawMessage(given))
		require.NoError(t, err, given)
		require.Equal(t, want, string(got))
	}
	for given, want := range map[string]map[string]string{
		`[]`:                              {"parameters": "Parameters are a JSON object."},
		`{"litres":1}`:                    {"parameters.litres": "At least 2."},
		`{"litres":22}`:                   {"parameters.litres": "At most 20."},
		`{"litres":5}`:                    {"parameters.litres": "Only in steps of 2 from 2."},
		`{"litres":4.5}`:                  {"parameters.litres": "Write a whole number."},
		`{"litres":1e400}`:                {"parameters.litres": "Write a whole number.", "parameters": "A number in this is too long."},
		`{"litres":"4","colour":"green"}`: {"parameters.litres": "Write a whole number.", "parameters.colour": "Use one of: red or blue."},
		`{"shelves":3}`:                   {"parameters.shelves": "This plan does not sell this quantity."},
		`{"size":3}`:                      {"parameters.size": "This field is not known here."},
		`{"seal":"wax"}`:                  {"parameters.seal": "A secret cannot be given with an order."},
	} {
		_, err := boxKind().Fit(content(), json.RawMessage(given))
		require.Equal(t, want, fields(t, err), given)
	}
}

func TestCarry_leavesOutWhatTheOtherPlanDoesNotSell(t *testing.T) {
	t.Parallel()
	other := content()
	other.Resources[0] = catalog.PlanResource{Parameter: "shelves", Step: 1, Default: 1}
	got, err := boxKind().Carry(other, json.RawMessage(`{"litres":4,"colour":"red"}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"shelves":1,"colour":"red"}`, string(got))
	other.Resources[0] = catalog.PlanResource{Parameter: "litres", Step: 1, Max: 3, Default: 1}
	_, err = boxKind().Carry(other, json.RawMessage(`{"litres":4}`))
	require.Equal(t, map[string]string{"parameters.litres": "At most 3."}, fields(t, err))
}

func TestGrown_keepsWhatIsLessForLater(t *testing.T) {
	t.Parallel()
	c := content()
	c.Resources = append(c.Resources, catalog.PlanResource{Parameter: "shelves", Step: 1, Default: 0})
	grown, err := c.Grown(json.RawMessage(`{"litres":6,"shelves":1}`), json.RawMessage(`{"litres":4,"shelves":2,"colour":"blue"}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"litres":6,"shelves":2,"colour":"blue"}`, string(grown))
	_, err = c.Grown(json.RawMessage(`{"litres":6}`), json.RawMessage(`{"litres":40}`))
	require.Contains(t, fields(t, err), "parameters.litres")
}
