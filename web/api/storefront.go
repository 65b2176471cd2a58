package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/storefront"
)

type storefrontRequest struct {
	Host       string          `json:"host" doc:"Its host name, without port. Let its DNS lead to the marketplace." example:"cloud.ponte.example"`
	Name       string          `json:"name" example:"Ponte Cloud"`
	Mode       storefront.Mode `json:"mode,omitempty" enum:"standard,listing,showcase" doc:"standard sells; listing shows prices, and you order for your customers; showcase shows products alone. standard when it is left out."`
	Contact    string          `json:"contact" doc:"Where customers write to." example:"hello@ponte.example"`
	Accent     string          `json:"accent,omitempty" doc:"The colour of links and buttons on white; its contrast must be 4.5 at least." example:"#7a1f3d"`
	AccentDark string          `json:"accentDark,omitempty" doc:"The same in the dark theme; made from accent when it is left out." example:"#d98ba5"`
	Logo       *string         `json:"logo,omitempty" doc:"A PNG or JPEG in base64, at most 256 KiB and 1024 × 1024 pixels. Kept when it is left out; empty removes it."`
}

func (r storefrontRequest) input(c *fault.Check) storefront.Input {
	in := storefront.Input{Host: r.Host, Name: r.Name, Mode: r.Mode, Contact: r.Contact, Accent: r.Accent, AccentDark: r.AccentDark}
	if r.Logo != nil {
		picture, err := base64.StdEncoding.DecodeString(*r.Logo)
		c.That(err == nil, "logo", "Write the picture in base64.")
		in.Logo = &picture
	}
	return in
}

type storefrontView struct {
	ResellerID int64           `json:"resellerId" example:"6"`
	Host       string          `json:"host" example:"cloud.ponte.example"`
	Name       string          `json:"name" example:"Ponte Cloud"`
	Mode       storefront.Mode `json:"mode" enum:"standard,listing,showcase"`
	Contact    string          `json:"contact" example:"hello@ponte.example"`
	Accent     string          `json:"accent" example:"#7a1f3d"`
	AccentDark string          `json:"accentDark" example:"#d98ba5"`
	HasLogo    bool            `json:"hasLogo"`
	CreatedAt  time.Time       `json:"createdAt"`
	UpdatedAt  time.Time       `json:"updatedAt"`
}

func viewStorefront(s storefront.Storefront) storefrontView {
	return storefrontView{ResellerID: s.ResellerID, Host: s.Host, Name: s.Name, Mode: s.Mode, Contact: s.Contact, Accent: s.Accent,
		AccentDark: s.AccentDark, HasLogo: s.LogoType != "", CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt}
}

func (s *server) storefrontRoutes() {
	register(s, route{method: http.MethodGet, path: "/storefront", id: "getStorefront", tag: "Reselling", summary: "Read your storefront",
		description: "For resellers. 404 before it was made."}, s.getStorefront)
	register(s, route{method: http.MethodPut, path: "/storefront", id: "saveStorefront", tag: "Reselling", summary: "Make or change your storefront",
		description: "For resellers: your own face of the marketplace. Who signs up there is your customer, and buys at your prices.",
		example:     `{"host":"cloud.ponte.example","name":"Ponte Cloud","mode":"standard","contact":"hello@ponte.example","accent":"#7a1f3d"}`}, s.saveStorefront)
}

// OfReseller lets an operator name the reseller.
type OfReseller struct {
	ResellerID int64 `query:"resellerId" minimum:"1" maximum:"2147483647" doc:"Whose, when an operator asks; a reseller's own is its own."`
}

func (s *server) getStorefront(ctx context.Context, actor account.Actor, in *OfReseller) (*reply[storefrontView], error) {
	shop, err := s.Storefronts.Get(ctx, actor, in.ResellerID)
	return answer(shop, err, viewStorefront)
}

func (s *server) saveStorefront(ctx context.Context, actor account.Actor, in *struct {
	OfReseller
	Body body[storefrontRequest]
}) (*reply[storefrontView], error) {
	input, err := read(&in.Body, storefrontRequest.input)
	if err != nil {
		return nil, err
	}
	input.ResellerID = in.ResellerID
	shop, err := s.Storefronts.Save(ctx, actor, input)
	return answer(shop, err, viewStorefront)
}
