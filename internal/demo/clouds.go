package demo

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/internal/demo/catalogdata"
	"github.com/fondaco/fondaco/pricing/price"
)

// cloudAdmin runs the demo's clouds.
const cloudAdmin = "admin"

type object = map[string]any

// cloudPassword is the administrator's, the same over restarts.
func (d *Demo) cloudPassword() (string, error) {
	key, err := secret.LoadOrCreateKey(d.path("clouds.key"))
	return hex.EncodeToString(key), err
}

// cloudProviders points the plugins at the sandbox clouds.
func (s *seeder) cloudProviders() error {
	password, err := s.d.cloudPassword()
	if err != nil {
		return err
	}
	lagoon := object{"authUrl": s.d.file.OpenStack + s.d.stack.AuthPath(), "username": cloudAdmin, "password": password, "region": "RegionOne"}
	if err := s.cloudProvider("sandbox-openstack", "openstack", object{"clouds": object{"lagoon": lagoon}}); err != nil {
		return err
	}
	terraferma := object{"url": s.d.file.VCloud + "/api", "user": cloudAdmin, "password": password,
		"providerVdc": "provider", "networkPool": "pool", "storageProfile": "standard", "externalNetwork": "internet"}
	return s.cloudProvider("sandbox-vcloud", "vcloud", object{"passwordSecret": password, "clouds": object{"terraferma": terraferma}})
}

// cloudProvider saves a provider whose plugin has the name of what it sells.
func (s *seeder) cloudProvider(name, plugin string, settings object) error {
	raw, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	_, err = s.d.app.Provision.SaveProvider(s.ctx, s.operator, provision.ProviderInput{Name: name, Plugin: plugin,
		ProductType: catalog.Type(plugin), Settings: raw})
	return err
}

func (s *seeder) clouds() error { return s.configured(catalogdata.Clouds()) }

// services are what the vendors set up themselves.
func (s *seeder) services() error { return s.configured(catalogdata.Services()) }

func (s *seeder) configured(all []catalogdata.Cloud, err error) error {
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := s.cloud(c); err != nil {
			return fmt.Errorf("product %s: %w", c.SKU, err)
		}
	}
	return nil
}

func (s *seeder) cloud(c catalogdata.Cloud) error {
	vendor := s.vendors[c.Vendor]
	l, err := s.cloudDraft(vendor, c)
	if err != nil {
		return err
	}
	for _, plan := range c.Plans[min(len(l.Plans), len(c.Plans)):] {
		in, err := cloudPlan(c, plan)
		if err != nil {
			return err
		}
		if _, err := s.d.app.Catalog.CreatePlan(s.ctx, vendor, l.Product.ID, in); err != nil {
			return err
		}
	}
	return s.publish(vendor, l.Product)
}

func (s *seeder) cloudDraft(vendor account.Actor, c catalogdata.Cloud) (catalog.Listing, error) {
	if l, ok, err := s.mine(vendor, c.SKU); ok || err != nil {
		return l, err
	}
	in := catalog.ProductInput{Name: c.Name, SKU: c.SKU, Type: catalog.Type(c.Type),
		Category: c.Category, ShortDescription: c.ShortDescription, Description: c.Description, Content: content(c.Features, c.FAQ),
		DriftPolicy: catalog.DriftPolicy(c.DriftPolicy), SubscriptionApproval: c.Approval}
	if in.Type == catalog.Syndicated {
		in.SyndicationURL, in.SyndicationSecret = s.d.file.Quaderno+"/event", connectorSecret
	}
	if c.Configuration != nil {
		raw, err := json.Marshal(c.Configuration)
		if err != nil {
			return catalog.Listing{}, err
		}
		in.Configuration = bytes.ReplaceAll(raw, []byte("CONNECTOR"), []byte(s.d.file.Quaderno))
	}
	made, err := s.d.app.Catalog.CreateProduct(s.ctx, vendor, in)
	return catalog.Listing{Product: made}, err
}

// cloudPlan reads a plan in the form that POST /products/{id}/plans takes.
func cloudPlan(c catalogdata.Cloud, plan catalogdata.CloudPlan) (catalog.PlanInput, error) {
	raw, err := json.Marshal(plan)
	if err != nil {
		return catalog.PlanInput{}, err
	}
	in := catalog.PlanInput{Name: plan.Name, Provider: c.Provider, AutoRenew: &plan.AutoRenew}
	var parts struct {
		Configuration json.RawMessage        `json:"configuration"`
		Resources     []catalog.PlanResource `json:"resources"`
		Meters        []catalog.PlanMeter    `json:"meters"`
	}
	var terms price.Terms
	if err := json.Unmarshal(raw, &parts); err != nil {
		return in, err
	}
	err = json.Unmarshal(raw, &terms)
	in.Terms, in.Configuration, in.Resources, in.Meters = terms, parts.Configuration, parts.Resources, parts.Meters
	return in, err
}

// mine finds a product of the vendor.
func (s *seeder) mine(vendor account.Actor, sku string) (catalog.Listing, bool, error) {
	all, err := s.d.app.Catalog.Products(s.ctx, vendor, catalog.Filter{}, page.Request{Limit: page.MaxLimit})
	if err != nil {
		return catalog.Listing{}, false, err
	}
	for _, have := range all.Items {
		if have.SKU == sku {
			l, err := s.d.app.Catalog.Product(s.ctx, vendor, have.ID)
			return l, true, err
		}
	}
	return catalog.Listing{}, false, nil
}

// publish brings a product that is ready into the storefront.
func (s *seeder) publish(vendor account.Actor, p catalog.Product) error {
	status := p.Status
	if status == catalog.Draft {
		if _, err := s.d.app.Catalog.Submit(s.ctx, vendor, p.ID); err != nil {
			return err
		}
		status = catalog.Review
	}
	if status != catalog.Review || p.PublishedAt != nil {
		return nil
	}
	_, err := s.d.app.Catalog.Approve(s.ctx, s.operator, p.ID)
	return err
}
