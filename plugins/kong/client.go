package kong

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// noAnswer is said of an error without words of its own.
const noAnswer = "Kong did not answer as expected."

// errRace says that an object was made or deleted by somebody else between
// looking and writing; looking again settles it.
var errRace = errors.New("the gateway changed under way")

// client is one Kong with the settings of one provider instance.
type client struct {
	kong    *kong.Client
	http    *http.Client     // for the proxy
	where   string           // the Admin API's address without a password
	secrets document.Secrets // never to appear in a message
}

// connect makes a client; it does not call anybody yet.
func (p *Provider) connect(s sale) (*client, error) {
	admin := &http.Client{Transport: p.transport, Timeout: p.patience}
	if s.settings.AdminToken != "" {
		admin = kong.HTTPClientWithHeaders(admin, http.Header{"Kong-Admin-Token": {s.settings.AdminToken}})
	}
	address := strings.TrimRight(s.settings.AdminURL, "/")
	c := &client{http: &http.Client{Transport: p.transport, Timeout: p.patience}, where: address}
	if u, err := url.Parse(address); err == nil {
		c.where = u.Redacted()
	}
	c.secrets = document.Secrets{s.settings.AdminToken, s.settings.IngestSecret}
	if h := s.product.API.AuthHeader; h != nil {
		c.secrets = append(c.secrets, h.Value)
	}
	if r := s.settings.Redis; r != nil {
		c.secrets = append(c.secrets, r.Password)
	}
	var err error
	if c.kong, err = kong.NewClient(&address, admin); err != nil {
		return nil, sdk.Permanent("settings.adminUrl: Give a full address such as http://127.0.0.1:8001.")
	}
	return c, nil
}

// wrap says what was being done and how the marketplace goes on: what Kong
// refuses stays refused, everything else is tried again.
func (c *client) wrap(err error, doing string, args ...any) error {
	if err == nil || errors.Is(err, errRace) {
		return err
	}
	if _, done := errors.AsType[*sdk.Error](err); done {
		return err
	}
	doing = fmt.Sprintf(doing, args...)
	if api, ok := errors.AsType[*kong.APIError](err); ok {
		return c.refused(api, doing)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return sdk.Transient(err, "Stopped while %s.", doing)
	}
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return sdk.Transient(err, "Kong at %s did not answer in time while %s.", c.where, doing)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return sdk.Transient(err, "Kong at %s cannot be reached. Check the address and that it runs.", c.where)
	}
	return sdk.Transient(err, "Kong at %s did not answer well while %s.", c.where, doing)
}

func (c *client) refused(api *kong.APIError, doing string) error {
	words := c.secrets.Scrub(api.Error())
	switch code := api.Code(); {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return sdk.Permanent("Kong at %s does not accept the admin token (status %d). Correct it in the settings.", c.where, code)
	case code == http.StatusConflict || code == http.StatusNotFound:
		return fmt.Errorf("%w: %s: %s", errRace, doing, words)
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return sdk.Transient(errors.New(words), "Kong at %s had trouble while %s.", c.where, doing)
	}
	return sdk.Permanent("Kong refused %s: %s", doing, words)
}

// foreign says that a name is taken by an object that is not ours.
func foreign(kind, name string) error {
	return sdk.Permanent("Kong has a %s %q that does not belong to this marketplace (it lacks its tags). It was left alone; rename or remove it and try again.", kind, name)
}

// found makes "not found" a nil object without an error.
func found[T any](object *T, err error) (*T, error) {
	if kong.IsNotFoundErr(err) {
		return nil, nil
	}
	return object, err
}

// all reads every page of a list.
func all[T any](ctx context.Context, opt kong.ListOpt, list func(context.Context, *kong.ListOpt) ([]T, *kong.ListOpt, error)) ([]T, error) {
	opt.Size = 1000
	var out []T
	for next := &opt; next != nil; {
		page, following, err := list(ctx, next)
		if err != nil {
			return nil, err
		}
		out, next = append(out, page...), following
	}
	return out, nil
}
