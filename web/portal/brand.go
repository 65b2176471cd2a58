package portal

import (
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// brandRoutes are what a storefront looks like.
func (p *Portal) brandRoutes() []route {
	return []route{
		get("/brand/style.css", ui.Storefront, "", p.brandStyle),
		get("/brand/logo", ui.Storefront, "", p.brandLogo),
	}
}

// wear gives the page the storefront's name, logo and accent.
func wear(m *ui.Marketplace, shop storefront.Storefront) {
	if shop.ID == 0 {
		return
	}
	m.Name, m.Support = shop.Name, shop.Contact
	version := fmt.Sprintf("?shop=%d&v=%d", shop.ResellerID, shop.UpdatedAt.UnixMilli())
	if shop.Accent != "" {
		m.StyleURL = "/brand/style.css" + version
	}
	if shop.LogoType != "" {
		m.LogoURL = "/brand/logo" + version
	}
}

// worn is the storefront of the host, or on the marketplace's own host the
// signed-in reseller's, who looks at how it will be.
func (v *visit) worn() (storefront.Storefront, error) {
	if v.shop.ID == 0 && v.query("shop") == fmt.Sprint(v.actor.OrganizationID) {
		return v.Storefronts.Get(v.r.Context(), v.actor, 0)
	}
	if v.shop.ID == 0 {
		return storefront.Storefront{}, fault.New(fault.NotFound, "There is no such page.")
	}
	return v.shop, nil
}

// brandStyle overrides the accent, and nothing else, of the portal's own style.
func (p *Portal) brandStyle(v *visit) error {
	shop, err := v.worn()
	if err != nil {
		return err
	}
	light, dark := shop.Strong()
	v.brandHeaders("text/css; charset=utf-8")
	_, err = fmt.Fprintf(v.w, ":root { --accent: light-dark(%s, %s); --accent-strong: light-dark(%s, %s); }\n", shop.Accent, shop.AccentDark, light, dark)
	return err
}

func (p *Portal) brandLogo(v *visit) error {
	shop, err := v.worn()
	if err != nil {
		return err
	}
	picture, kind, err := p.Storefronts.Logo(v.r.Context(), v.market.ID, shop.ResellerID)
	if err != nil {
		return err
	}
	v.brandHeaders(kind)
	_, err = v.w.Write(picture)
	return err
}

// brandHeaders lets browsers keep what is named with its version.
func (v *visit) brandHeaders(contentType string) {
	h := v.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "private, max-age=86400")
	h.Set("Content-Security-Policy", "default-src 'none'")
	v.w.WriteHeader(http.StatusOK)
}
