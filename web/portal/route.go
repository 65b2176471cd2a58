package portal

import (
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// route is one page or form of the portal.
type route struct {
	method  string
	pattern string // chi's: "/products/{sku}"
	space   ui.Space
	// need is the right that the actor must have; "" is anybody, signedIn is
	// any person. Services check on their own as well.
	need account.Right
	// body is how many bytes a form may have; 1 MiB when 0.
	body int64
	do   func(v *visit) error
}

// signedIn is the need of pages for every person.
const signedIn account.Right = "sign in"

const defaultBody = 1 << 20

func get(pattern string, space ui.Space, need account.Right, do func(*visit) error) route {
	return route{method: http.MethodGet, pattern: pattern, space: space, need: need, do: do}
}

func post(pattern string, space ui.Space, need account.Right, do func(*visit) error) route {
	return route{method: http.MethodPost, pattern: pattern, space: space, need: need, do: do}
}

// serve is what happens around every page: who asks and where, may they, is
// the form ours, and an answer for what goes wrong.
func (p *Portal) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.headers(w, r)
		session := p.sessions.of(p.secure(r))
		session.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := &visit{Portal: p, w: w, r: r, session: session, space: rt.space, requestID: requestID(w, r)}
			if err := v.run(rt); err != nil {
				v.fail(err)
			}
		})).ServeHTTP(w, r)
	}
}

func (v *visit) run(rt route) error {
	if err := v.arrive(); err != nil {
		return err
	}
	if err := v.allowed(rt.need); err != nil {
		return err
	}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if err := v.readForm(rt.body); err != nil {
			return err
		}
		if err := v.checkCSRF(); err != nil {
			return err
		}
	}
	return rt.do(v)
}

func (v *visit) allowed(need account.Right) error {
	switch {
	case need == "":
		return nil
	case v.actor.Kind == "":
		return fault.New(fault.Unauthenticated, "Please sign in.")
	case need == signedIn:
		return nil
	}
	return v.actor.Need(need)
}

// headers are on every answer; those of pages are added by ui.
func (p *Portal) headers(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if p.secure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (p *Portal) secure(r *http.Request) bool { return p.HTTPS || r.TLS != nil }

// hostOf is the host name asked for, without its port.
func hostOf(r *http.Request) string {
	host := r.Host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}
