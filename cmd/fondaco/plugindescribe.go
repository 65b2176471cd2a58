package main

import (
	"context"
	"encoding/json"
	"io"

	"github.com/fondaco/fondaco/internal/config"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
)

type pluginDescribeCmd struct {
	configFlag
	config.Plugin `embed:""`
	Name          string `arg:"" help:"The plugin's name; fondaco plugin list shows all."`
}

// Help is the long help of `fondaco plugin describe --help`.
func (pluginDescribeCmd) Help() string {
	return `It prints one JSON object. settings, product, plan and parameters in it are JSON Schemas (2020-12): what the operator gives with fondaco provider set, what the vendor says of a product and of a plan, and what the customer chooses. Whole numbers among the parameters can be sold by the piece; meters can be priced per unit.`
}

// Run starts the plugin, asks it, and prints what it said.
func (c *pluginDescribeCmd) Run(ctx context.Context, std streams) error {
	return withPlugins(ctx, std, c.Plugin, func(ctx context.Context, plugins *host.Host) error {
		d, err := describe(ctx, plugins, c.Name)
		if err != nil {
			return err
		}
		return printDescription(std.out, d)
	})
}

// printDescription writes d with the names that the rest of the command line
// and the API use.
func printDescription(out io.Writer, d sdk.Description) error {
	type meter struct {
		Name string `json:"name"`
		Unit string `json:"unit"`
	}
	view := struct {
		Name         string          `json:"name"`
		Version      string          `json:"version"`
		ProductTypes []string        `json:"productTypes"`
		Abilities    []sdk.Ability   `json:"abilities"`
		Meters       []meter         `json:"meters"`
		Settings     json.RawMessage `json:"settings"`
		Product      json.RawMessage `json:"product"`
		Plan         json.RawMessage `json:"plan"`
		Parameters   json.RawMessage `json:"parameters"`
	}{Name: d.Name, Version: d.Version, ProductTypes: d.ProductTypes, Abilities: d.Abilities, Meters: []meter{},
		Settings: d.SettingsSchema, Product: d.ProductSchema, Plan: d.PlanSchema, Parameters: d.ParametersSchema}
	for _, m := range d.Meters {
		view.Meters = append(view.Meters, meter(m))
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(view)
}
