package portal

import (
	"crypto/rand"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/web/portal/ui"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// visit is one request as a page sees it: who asks, on which marketplace, and
// what time it is there. It lives as long as the request.
type visit struct {
	*Portal
	w            http.ResponseWriter
	r            *http.Request
	session      *scs.SessionManager
	space        ui.Space
	market       account.Marketplace
	shop         storefront.Storefront // of the host; zero on the marketplace's own
	actor        account.Actor         // the zero Actor is a visitor
	now          time.Time             // the marketplace's
	requestID    string
	visitorToken string
}

// arrive finds the marketplace by its host, its time, and who asks.
func (v *visit) arrive() (err error) {
	ctx := v.r.Context()
	v.market, v.shop, err = v.Storefronts.At(ctx, hostOf(v.r))
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "There is no marketplace at this address.")
	}
	if err != nil {
		return err
	}
	if v.now, err = v.DB.Now(ctx, v.market.ID); err != nil {
		return err
	}
	v.actor, err = v.who(ctx)
	v.actor.Language, _, _ = strings.Cut(strings.TrimSpace(v.r.Header.Get("Accept-Language")), ",")
	return err
}

// looker is who looks at the catalog: a customer sees what its seller sells,
// wherever it signed in; all others see what this host sells.
func (v *visit) looker() account.Actor {
	if v.actor.Kind == account.Customer {
		return v.actor
	}
	return account.Visitor(v.market.ID, v.shop.ResellerID)
}

// base is what every page knows; pages embed it and set what is theirs.
func (v *visit) base(title string) ui.Page {
	p := ui.Page{
		Title: title, Space: v.space, URL: v.r.URL, Lang: "en", Zone: time.UTC, Theme: ui.ThemeOf(v.r),
		Marketplace: ui.Marketplace{Name: v.market.Name, Support: v.market.SupportEmail, Sandbox: v.market.Sandbox, Now: v.now,
			CanAdvance: v.market.Sandbox && v.actor.May(account.AdvanceClock)},
		Query: v.r.URL.Query().Get("q"),
	}
	if v.market.ID != 0 {
		p.CSRF = v.csrf()
		p.Flash = v.flash()
	}
	if v.actor.UserID != 0 {
		p.User = &ui.User{Name: v.actor.Name, Email: v.actor.Email, Organization: v.actor.Organization}
	}
	wear(&p.Marketplace, v.shop)
	p.Spaces, p.Nav = v.spaces(), v.nav()
	return p
}

// render answers with a page in its layout.
func (v *visit) render(status int, name string, data any) error {
	v.cacheControl()
	return v.ui.Render(v.w, status, name, data)
}

// fragment answers with one block of a page, for a request that swaps it.
func (v *visit) fragment(name, block string, data any) error {
	v.cacheControl()
	return v.ui.Fragment(v.w, http.StatusOK, name, block, data)
}

// cacheControl keeps pages of signed-in people out of every cache; a
// visitor's page may be kept by the browser but must be asked for again.
func (v *visit) cacheControl() {
	if v.actor.UserID == 0 && v.r.Method == http.MethodGet {
		v.w.Header().Set("Cache-Control", "private, no-cache")
		return
	}
	v.w.Header().Set("Cache-Control", "no-store")
}

// redirect sends the browser on to a page of the portal.
func (v *visit) redirect(path string) error {
	v.w.Header().Set("Cache-Control", "no-store")
	if v.htmx() {
		v.w.Header().Set("HX-Redirect", path)
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// done tells the person what was done, on the page they go on to.
func (v *visit) done(path, text string) error {
	v.toast(ui.Good, text)
	return v.redirect(path)
}

// htmx reports whether a part of the page is to be swapped.
func (v *visit) htmx() bool { return v.r.Header.Get("HX-Request") == "true" }

// form is a field of the form that was sent.
func (v *visit) form(name string) string { return v.r.PostFormValue(name) }

// query is a parameter of the address.
func (v *visit) query(name string) string { return v.r.URL.Query().Get(name) }

// param is a part of the path.
func (v *visit) param(name string) string { return chi.URLParam(v.r, name) }

// id is a part of the path that is an id; what is none is not found.
func (v *visit) id(name string) (int64, error) { return idOf(v.param(name)) }

func idOf(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || id > math.MaxInt32 {
		return 0, fault.New(fault.NotFound, "There is no such page.")
	}
	return id, nil
}

// list is the slice of a list that the address asks for ("after").
func (v *visit) list(limit int) page.Request {
	return page.Request{Limit: limit, Cursor: v.query("after")}
}

// pager leads through the list that the slice belongs to.
func pager(p ui.Page, next string) ui.Pager {
	var out ui.Pager
	if p.Param("after") != "" {
		out.First = p.With("after", "")
	}
	if next != "" {
		out.Next = p.With("after", next)
	}
	return out
}

// requestID names the request in the log and on the page.
func requestID(w http.ResponseWriter, r *http.Request) string {
	id := middleware.GetReqID(r.Context())
	if id == "" {
		id = rand.Text()[:12]
	}
	w.Header().Set("X-Request-Id", id)
	return id
}
