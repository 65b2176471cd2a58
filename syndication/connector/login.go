package connector

import (
	"context"
	"net/http"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

func (s *server) loginRoutes() []route {
	am := func(path string, kinds ...account.Kind) route {
		return route{method: http.MethodGet, path: "user/" + path, handle: amI(kinds...)}
	}
	return []route{
		{method: http.MethodPost, path: "login", handle: s.login},
		{method: http.MethodGet, path: "login", handle: s.login},
		{method: http.MethodPost, path: "logout", handle: s.logout},
		am("amIVendor", account.Vendor), am("amIVendorOrAdmin", account.Vendor, account.Operator), am("amIAdmin", account.Operator),
		am("amISupervisor", account.Operator), am("amIUser", account.Customer),
	}
}

// login answers a token as a JSON text: the lasting one for expire=false, else
// one for a day.
func (s *server) login(ctx context.Context, c *call) (answer, error) {
	expire, err := c.flag("expire")
	if err != nil {
		return answer{}, err
	}
	token, err := s.Accounts.LoginToken(ctx, c.actor, s.Box, expire != nil && !*expire)
	return ok(token.Reveal()), err
}

// logout ends the token that it came with, if any.
func (s *server) logout(ctx context.Context, c *call) (answer, error) {
	k := c.credentials()
	if k.token == "" {
		k.token = k.bearer
	}
	return done(s.Accounts.Logout(ctx, c.actor, k.token))
}

// amI answers whether the caller is one of the kinds: 204, or 403.
func amI(kinds ...account.Kind) handlerFunc {
	return func(_ context.Context, c *call) (answer, error) {
		if !slices.Contains(kinds, c.actor.Kind) {
			return answer{}, fault.Newf(fault.Forbidden, "Your account is of another kind (%s).", c.actor.Kind)
		}
		return none(), nil
	}
}
