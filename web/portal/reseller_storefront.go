package portal

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// shopData is the data of page "reseller/storefront": its settings, and how it
// looks.
type shopData struct {
	ui.Page
	Form     ui.Form
	Shop     storefront.Storefront
	Address  string // where it is, "" before it was made
	Modes    []ui.Option
	Products []productItem
}

// myShop is the reseller's storefront; zero before it was made.
func (v *visit) myShop() (storefront.Storefront, error) {
	shop, err := v.Storefronts.Get(v.r.Context(), v.actor, 0)
	if fault.Is(err, fault.NotFound) {
		return storefront.Storefront{}, nil
	}
	return shop, err
}

// shopHost is where the reseller's customers go: its storefront, or the
// marketplace while there is none.
func (v *visit) shopHost() (string, error) {
	shop, err := v.myShop()
	if err != nil || shop.ID == 0 {
		return v.addressOf(v.r.Host), err
	}
	return v.addressOf(shop.Host), nil
}

// addressOf is the address of a host that is reached as this one is.
func (v *visit) addressOf(host string) string {
	scheme := "http://"
	if v.secure(v.r) {
		scheme = "https://"
	}
	if _, port, ok := strings.Cut(v.r.Host, ":"); ok && !strings.Contains(host, ":") {
		host += ":" + port
	}
	return scheme + host
}

func (v *visit) shopData() (shopData, error) {
	shop, err := v.myShop()
	if err != nil {
		return shopData{}, err
	}
	d := shopData{Page: v.base("Storefront"), Shop: shop}
	d.Modes = []ui.Option{{Value: string(storefront.Standard), Label: v.words.T("Shop"), Hint: v.words.T("prices, and customers order")},
		{Value: string(storefront.Listing), Label: v.words.T("Price list"), Hint: v.words.T("prices; you order for your customers")},
		{Value: string(storefront.Showcase), Label: v.words.T("Showcase"), Hint: v.words.T("products without prices and without orders")}}
	d.Form.Values = url.Values{"mode": {string(storefront.Standard)}, "contact": {v.actor.Email}, "name": {v.actor.Organization}}
	if shop.ID != 0 {
		d.Address = v.addressOf(shop.Host)
		wear(&d.Marketplace, shop)
		d.Form.Values = url.Values{"host": {shop.Host}, "name": {shop.Name}, "mode": {string(shop.Mode)}, "contact": {shop.Contact},
			"accent": {shop.Accent}, "accentDark": {shop.AccentDark}}
	}
	found, err := v.Catalog.Search(v.r.Context(), account.Visitor(v.market.ID, v.actor.OrganizationID), catalog.Filter{}, page.Request{Limit: 3})
	d.Products = v.items(found.Page.Items)
	return d, err
}

func (p *Portal) storefrontPage(v *visit) error {
	d, err := v.shopData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "reseller/storefront", d)
}

func (p *Portal) saveStorefront(v *visit) error {
	in := storefront.Input{Host: v.form("host"), Name: v.form("name"), Mode: storefront.Mode(v.form("mode")), Contact: v.form("contact"),
		Accent: v.form("accent"), AccentDark: v.form("accentDark")}
	var err error
	if in.Logo, err = v.sentLogo(); err != nil {
		return err
	}
	if _, err = p.Storefronts.Save(v.r.Context(), v.actor, in); err == nil {
		return v.done("/reseller/storefront", "The storefront is saved.")
	}
	status, ok := refused(err)
	if !ok {
		return err
	}
	d, failed := v.shopData()
	if failed != nil {
		return failed
	}
	d.Form = ui.FormError(v.r.PostForm, err)
	return v.render(status, "reseller/storefront", d)
}

// sentLogo is the picture that was sent, an empty one to remove it, or nil to
// keep the one there is.
func (v *visit) sentLogo() (*[]byte, error) {
	if v.form("removeLogo") != "" {
		return new([]byte), nil
	}
	file, _, err := v.r.FormFile("logo")
	if err != nil {
		return nil, nil //nolint:nilerr // none was sent
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	return &raw, nil
}
