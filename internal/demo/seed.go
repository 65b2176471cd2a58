package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/internal/demo/catalogdata"
	"github.com/fondaco/fondaco/internal/demo/upstream"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal"
)

// What opens the demo, and nothing else.
const (
	password   = "fondaco-demo"
	hookName   = "lagoon-shop"
	hookSecret = "demo-webhook-secret"
	// connectorSecret signs what the example connector is told.
	connectorSecret = "demo-connector-secret"
)

// An unpaid invoice stops a subscription of the demo two days after its term,
// and ends it three days later.
const overdueStopDays, overdueEndDays = 2, 3

// people are those to sign in as; the vendor's organization comes from the
// catalog.
var people = []struct {
	role, organization, name, email string
	kind                            account.Kind
}{
	{"operator", "Rialto Marketplace", "Olga Venier", "olga@rialto.example", account.Operator},
	{"vendor", "", "", "", account.Vendor},
	{"customer", "Bottega Digitale S.r.l.", "Carlo Bon", "carlo@bottega.example", account.Customer},
	{"reseller", "Ponte Resale S.p.A.", "Rita Moro", "rita@ponte.example", account.Reseller},
}

// demoUsers are offered on the sign-in page.
func demoUsers() []portal.DemoUser {
	var out []portal.DemoUser
	for _, p := range people {
		if p.kind == account.Vendor {
			v := mainVendor()
			p.name, p.email = v.ContactName, v.Email
		}
		out = append(out, portal.DemoUser{Role: strings.ToUpper(p.role[:1]) + p.role[1:], Name: p.name, Email: p.email, Password: password})
	}
	return out
}

// seeder fills the marketplace. Every step looks first, so a seed that was
// interrupted goes on.
type seeder struct {
	d        *Demo
	ctx      context.Context
	market   account.Marketplace
	operator account.Actor
	reseller account.Actor
	vendors  map[string]account.Actor
}

func (d *Demo) seed(ctx context.Context, _ *ports) error {
	s := &seeder{d: d, ctx: ctx, vendors: map[string]account.Actor{}}
	for _, step := range []func() error{s.marketplace, s.persons, s.provider, s.cloudProviders, s.products, s.clouds, s.services, s.resale} {
		if err := step(); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}

func (s *seeder) marketplace() error {
	var err error
	stop, end := overdueStopDays, overdueEndDays
	s.market, err = s.d.app.Accounts.MarketplaceByHost(s.ctx, "demo")
	if fault.Is(err, fault.NotFound) {
		s.market, err = s.d.app.Accounts.CreateMarketplace(s.ctx, account.MarketplaceInput{Name: "Rialto", Host: "*", Sandbox: true,
			Currency: "EUR", TaxText: "No tax is charged in this demo.", Address: "Fondaco dei Tedeschi\nCalle del Fontego 1\n30124 Venezia, Italy",
			VATID: "IT00000000000", SupportEmail: "help@rialto.example", Overdue: account.Overdue{StopDays: &stop, EndDays: &end}})
	}
	s.d.clock.marketplace.Store(s.market.ID)
	return err
}

func (s *seeder) persons() error {
	sellers, err := catalogdata.Vendors()
	if err != nil {
		return err
	}
	for _, v := range sellers {
		actor, err := s.person(account.OrganizationInput{Kind: account.Vendor, Name: v.Name, Email: v.Email,
			Address: v.Address + "\n" + v.Postcode + " " + v.City, VATID: v.VATNumber}, v.ContactName)
		if err != nil {
			return err
		}
		s.vendors[v.Key] = actor
		if v.Key == mainVendor().Key {
			if err := s.user("vendor", actor); err != nil {
				return err
			}
		}
	}
	for _, p := range people {
		if p.kind == account.Vendor {
			continue
		}
		actor, err := s.person(account.OrganizationInput{Kind: p.kind, Name: p.organization, Email: p.email}, p.name)
		if err != nil {
			return err
		}
		switch p.kind {
		case account.Operator:
			s.operator = actor
		case account.Reseller:
			s.reseller = actor
		}
		if err := s.user(p.role, actor); err != nil {
			return err
		}
	}
	return nil
}

// mainVendor sells the product of the worked example.
func mainVendor() catalogdata.Vendor {
	products, _ := catalogdata.Products() // broken data stops the seed with its error
	vendors, _ := catalogdata.Vendors()
	for _, p := range products {
		for _, v := range vendors {
			if p.SKU == hookName && v.Key == p.Vendor {
				return v
			}
		}
	}
	return catalogdata.Vendor{}
}

// person finds somebody by their password, or adds them with their company.
func (s *seeder) person(org account.OrganizationInput, name string) (account.Actor, error) {
	actor, err := s.d.app.Accounts.SignIn(s.ctx, s.market.ID, org.Email, password)
	if !fault.Is(err, fault.Unauthenticated) {
		return actor, err
	}
	o, err := s.d.app.Accounts.CreateOrganization(s.ctx, s.market.ID, org)
	if err != nil {
		return account.Actor{}, err
	}
	u, err := s.d.app.Accounts.CreateUser(s.ctx, s.market.ID, account.UserInput{OrganizationID: o.ID, Email: org.Email, Name: name,
		Password: password, Role: account.Admin})
	if err != nil {
		return account.Actor{}, err
	}
	return s.d.app.Accounts.ActorOf(s.ctx, s.market.ID, u.ID)
}

// user puts the person into demo.json, with the token of the last run while it
// is good.
func (s *seeder) user(role string, actor account.Actor) error {
	token := s.d.previous.Users[role].Token
	if token != "" {
		if _, err := s.d.app.Accounts.Authenticate(s.ctx, secret.Text(token)); err != nil {
			token = ""
		}
	}
	if token == "" {
		_, text, err := s.d.app.Accounts.CreateToken(s.ctx, actor, "demo")
		if err != nil {
			return err
		}
		token = text.Reveal()
	}
	s.d.file.Users[role] = User{Email: actor.Email, Password: password, Token: token}
	return nil
}

// provider points the Kong plugin at the sandbox gateway.
func (s *seeder) provider() error {
	key, err := secret.LoadOrCreateKey(s.d.path("ingest.key"))
	if err != nil {
		return err
	}
	ingest := fmt.Sprintf("%x", key)
	settings, err := json.Marshal(map[string]string{"adminUrl": s.d.file.GatewayAdmin, "proxyUrl": s.d.file.Gateway,
		"ingestUrl": s.d.file.Portal + "/ingest/kong", "ingestSecret": ingest})
	if err != nil {
		return err
	}
	_, err = s.d.app.Provision.SaveProvider(s.ctx, s.operator, provision.ProviderInput{Name: "sandbox-gateway", Plugin: "kong",
		ProductType: catalog.API, Settings: settings, IngestSecret: secret.Text(ingest)})
	return err
}

func (s *seeder) products() error {
	all, err := catalogdata.Products()
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := s.product(p); err != nil {
			return fmt.Errorf("product %s: %w", p.SKU, err)
		}
	}
	return nil
}

func (s *seeder) product(p catalogdata.Product) error {
	vendor := s.vendors[p.Vendor]
	l, err := s.draft(vendor, p)
	if err != nil {
		return err
	}
	if len(l.Endpoints) == 0 {
		if _, err := s.d.app.Catalog.AddEndpoints(s.ctx, vendor, l.Product.ID, endpoints(p)); err != nil {
			return err
		}
	}
	for _, plan := range p.Plans[min(len(l.Plans), len(p.Plans)):] {
		in, err := planInput(plan)
		if err != nil {
			return err
		}
		if _, err := s.d.app.Catalog.CreatePlan(s.ctx, vendor, l.Product.ID, in); err != nil {
			return err
		}
	}
	return s.publish(vendor, l.Product)
}

// draft finds the product or creates it.
func (s *seeder) draft(vendor account.Actor, p catalogdata.Product) (catalog.Listing, error) {
	if l, ok, err := s.mine(vendor, p.SKU); ok || err != nil {
		return l, err
	}
	in := catalog.ProductInput{Name: p.Name, SKU: p.SKU, Type: catalog.API, Category: p.Category, ShortDescription: p.ShortDescription,
		Description: p.Description, Content: content(p.Features, p.FAQ), UpstreamURL: s.d.file.Upstream + "/" + p.SKU,
		AuthHeaderName: p.AuthHeader.Name, AuthHeaderValue: secret.Text(p.AuthHeader.Value)}
	if p.SKU == hookName {
		in.SyndicationURL, in.SyndicationSecret = s.d.file.WebhookSink+"/hooks/"+hookName, hookSecret
	}
	made, err := s.d.app.Catalog.CreateProduct(s.ctx, vendor, in)
	return catalog.Listing{Product: made}, err
}

func content(features []string, faq []catalogdata.Question) catalog.Content {
	c := catalog.Content{Features: features}
	for _, q := range faq {
		c.FAQ = append(c.FAQ, catalog.Question{Question: q.Question, Answer: q.Answer})
	}
	return c
}

func endpoints(p catalogdata.Product) []catalog.EndpointInput {
	var out []catalog.EndpointInput
	for _, e := range p.Endpoints {
		out = append(out, catalog.EndpointInput{Identifier: e.Identifier, Name: e.Name, Description: e.Description, Method: e.Method, Path: e.Path})
	}
	return out
}

// planInput reads a plan in the form that POST /products/{id}/plans takes.
func planInput(plan catalogdata.Plan) (catalog.PlanInput, error) {
	raw, err := json.Marshal(plan)
	if err != nil {
		return catalog.PlanInput{}, err
	}
	var in struct {
		Name      string                 `json:"name"`
		AutoRenew *bool                  `json:"autoRenew"`
		Endpoints []catalog.PlanEndpoint `json:"endpoints"`
	}
	var terms price.Terms
	if err := json.Unmarshal(raw, &in); err != nil {
		return catalog.PlanInput{}, err
	}
	err = json.Unmarshal(raw, &terms)
	return catalog.PlanInput{Name: in.Name, Terms: terms, AutoRenew: in.AutoRenew, Endpoints: in.Endpoints}, err
}

func authHeaders() map[string]upstream.Header {
	out := map[string]upstream.Header{}
	products, err := catalogdata.Products()
	if err != nil {
		return out
	}
	for _, p := range products {
		if p.AuthHeader.Name != "" {
			out[p.SKU] = upstream.Header(p.AuthHeader)
		}
	}
	return out
}
