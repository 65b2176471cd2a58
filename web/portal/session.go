package portal

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// sessionLife is how long a person stays signed in.
const sessionLife = 7 * 24 * time.Hour

// Keys of a session's values.
const (
	keyUser        = "user"
	keyMarketplace = "marketplace"
	keyCSRF        = "csrf"
	keyFlash       = "flash"
)

// sessions is the same store behind two managers: one writes cookies that go
// over https only.
type sessions struct {
	plain, secure *scs.SessionManager
}

func newSessions(db *store.DB) sessions {
	kept := account.NewSessions(db)
	manager := func(secure bool) *scs.SessionManager {
		m := scs.New()
		m.Store = kept
		m.Lifetime = sessionLife
		m.Cookie.Name = cookieName("fondaco_session", secure)
		m.Cookie.HttpOnly = true
		m.Cookie.SameSite = http.SameSiteLaxMode
		m.Cookie.Secure = secure
		m.Cookie.Path = "/"
		return m
	}
	return sessions{plain: manager(false), secure: manager(true)}
}

func (s sessions) of(secure bool) *scs.SessionManager {
	if secure {
		return s.secure
	}
	return s.plain
}

// cookieName binds a cookie to this very host where browsers can check it.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// signIn makes the session the actor's, under a new token.
func (v *visit) signIn(actor account.Actor) error {
	ctx := v.r.Context()
	if err := v.session.RenewToken(ctx); err != nil {
		return err
	}
	v.session.Put(ctx, keyUser, actor.UserID)
	v.session.Put(ctx, keyMarketplace, actor.MarketplaceID)
	v.session.Put(ctx, keyCSRF, rand.Text())
	v.actor = actor
	return nil
}

// signOut ends the session.
func (v *visit) signOut() error {
	v.actor = account.Actor{}
	return v.session.Destroy(v.r.Context())
}

// who is the actor of the session: nobody without one, with one of another
// marketplace, and with one of a person that is gone.
func (v *visit) who(ctx context.Context) (account.Actor, error) {
	user := v.session.GetInt64(ctx, keyUser)
	if user == 0 || v.session.GetInt64(ctx, keyMarketplace) != v.market.ID {
		return account.Actor{}, nil
	}
	actor, err := v.Accounts.ActorOf(ctx, v.market.ID, user)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Unauthenticated) {
		return account.Actor{}, nil
	}
	return actor, err
}

// csrf is the token of this visit's forms: the session's for a signed-in
// person, otherwise that of a cookie, so that visitors cost no session.
func (v *visit) csrf() string {
	if v.actor.UserID != 0 {
		return v.session.GetString(v.r.Context(), keyCSRF)
	}
	if v.visitorToken == "" {
		v.visitorToken = v.cookieToken()
	}
	if v.visitorToken == "" {
		v.visitorToken = rand.Text()
		secure := v.secure(v.r)
		http.SetCookie(v.w, &http.Cookie{Name: cookieName("fondaco_form", secure), Value: v.visitorToken, Path: "/",
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure})
	}
	return v.visitorToken
}

func (v *visit) cookieToken() string {
	c, err := v.r.Cookie(cookieName("fondaco_form", v.secure(v.r)))
	if err != nil {
		return ""
	}
	return c.Value
}

// checkCSRF refuses a form that did not come from a page of this session.
func (v *visit) checkCSRF() error {
	want := v.cookieToken()
	if v.actor.UserID != 0 {
		want = v.session.GetString(v.r.Context(), keyCSRF)
	}
	got := v.r.Header.Get("X-CSRF-Token")
	if got == "" {
		got = v.r.PostFormValue("csrf")
	}
	if got != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 {
		return nil
	}
	return fault.New(fault.Forbidden, "This form is no longer valid: you signed in or out since the page was opened, "+
		"or cookies are switched off. Nothing was changed. Go back, reload the page and send the form again.")
}

// readForm parses the body, at most limit bytes of it.
func (v *visit) readForm(limit int64) error {
	if limit == 0 {
		limit = defaultBody
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, limit)
	kind, _, _ := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = v.r.ParseMultipartForm(limit)
	} else {
		err = v.r.ParseForm()
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.Newf(fault.Limited, "That was too large: this form takes at most %d MB.", limit>>20)
	}
	if err != nil {
		return fault.New(fault.Invalid, "This form arrived damaged. Go back and send it again.").Because(err)
	}
	return nil
}

// toast tells the person something on the next page they see.
func (v *visit) toast(tone ui.Tone, text string) {
	all := append(v.flash(), ui.Toast{Tone: tone, Text: text})
	raw, err := json.Marshal(all)
	if err != nil {
		return
	}
	v.session.Put(v.r.Context(), keyFlash, string(raw))
}

// flash takes the toasts that wait; each is shown once.
func (v *visit) flash() []ui.Toast {
	ctx := v.r.Context()
	if !v.session.Exists(ctx, keyFlash) {
		return nil
	}
	var all []ui.Toast
	if err := json.Unmarshal([]byte(v.session.PopString(ctx, keyFlash)), &all); err != nil {
		return nil
	}
	return all
}
