package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// refused reports whether err is something the person can mend in the form
// they sent, and the status the form is given back with.
//
//	if status, ok := refused(err); ok {
//		data.Form = ui.FormError(v.r.PostForm, err)
//		return v.render(status, "vendor/product-new", data)
//	}
func refused(err error) (status int, ok bool) {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.Precondition, fault.Limited, fault.Unavailable:
		return http.StatusUnprocessableEntity, true
	}
	return 0, false
}

// refuse tells in a toast why a button had no effect, and goes back to the
// page it was on; other errors are returned as they are.
func (v *visit) refuse(path string, err error) error {
	if _, ok := refused(err); !ok {
		return err
	}
	v.toast(ui.Bad, fault.As(err).Message)
	return v.redirect(path)
}

// fail answers with what went wrong: a page for every code, the way to sign
// in for nobody, and nothing but the request id when it is our mistake.
func (v *visit) fail(err error) {
	f := fault.As(err)
	if f.Code == fault.Unauthenticated {
		_ = v.redirect(signInPath(v.returnPath()))
		return
	}
	status, title := failure(f.Code)
	message := f.Message
	if f.Code == fault.Internal {
		message = "This is our mistake, and it is in our log. Nothing you did was lost by it; try again in a moment."
		v.log.ErrorContext(v.r.Context(), "page failed", "method", v.r.Method, "path", v.r.URL.Path, "request", v.requestID, "error", err)
	}
	data := ui.ErrorPage{Page: v.base(title), Status: status, Message: message,
		Actions: []ui.Link{{Label: "Go to the start page", Href: "/", Kind: "primary"}}}
	data.Space, data.Title = errorSpace(v.space), title
	if f.Code == fault.Internal {
		data.RequestID = v.requestID
	}
	if err := v.render(status, "error", data); err != nil {
		v.log.ErrorContext(v.r.Context(), "error page failed", "request", v.requestID, "error", err)
		http.Error(v.w, "Something went wrong. Request "+v.requestID, http.StatusInternalServerError)
	}
}

// errorSpace keeps an error inside the space it happened in.
func errorSpace(s ui.Space) ui.Space {
	if s == "" {
		return ui.Storefront
	}
	return s
}

// failure is the status and the title of a code's page.
func failure(code fault.Code) (int, string) {
	switch code {
	case fault.Invalid:
		return http.StatusUnprocessableEntity, "Something in this request is wrong"
	case fault.Forbidden:
		return http.StatusForbidden, "This is not yours to do"
	case fault.NotFound:
		return http.StatusNotFound, "There is nothing here"
	case fault.Conflict, fault.Precondition:
		return http.StatusConflict, "This is not possible now"
	case fault.Limited:
		return http.StatusTooManyRequests, "That was too much"
	case fault.Unavailable:
		return http.StatusServiceUnavailable, "Another system did not answer"
	}
	return http.StatusInternalServerError, "Something went wrong"
}

// returnPath is the page to come back to after signing in: the one asked for,
// or for a form the page it was on.
func (v *visit) returnPath() string {
	if v.r.Method == http.MethodGet {
		return v.r.URL.RequestURI()
	}
	from, err := url.Parse(v.r.Referer())
	if err != nil || from.Host != v.r.Host {
		return "/"
	}
	return from.RequestURI()
}

func signInPath(back string) string {
	if back == "/" || strings.HasPrefix(back, "/sign-") {
		return "/sign-in"
	}
	return "/sign-in?return=" + url.QueryEscape(back)
}

func (p *Portal) notFound(*visit) error {
	return fault.New(fault.NotFound, "There is no page at this address. It may have moved, or the link has a mistake.")
}
