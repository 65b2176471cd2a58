package connector

import (
	"context"
	"encoding/base64"
	"net"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// The headers that say who asks.
const (
	tokenHeader = "CMW-Auth-Token"
	// asUserHeader names whom an operator acts for.
	asUserHeader = "CMW-As-User"
)

// credentials are what a request says about who asks; what is missing is "".
type credentials struct {
	token          secret.Text // CMW-Auth-Token
	bearer         secret.Text
	name, password string // Basic
}

// any reports whether something was said at all.
func (k credentials) any() bool { return k.token != "" || k.bearer != "" || k.name != "" }

// credentials reads the headers. The pair undefined:undefined of the browser
// client is nobody.
func (c *call) credentials() credentials {
	h := c.r.Header
	k := credentials{token: secret.Text(present(h.Get(tokenHeader)))}
	scheme, rest, _ := strings.Cut(h.Get("Authorization"), " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		k.bearer = secret.Text(present(rest))
	case strings.EqualFold(scheme, "Basic"):
		raw, err := base64.StdEncoding.DecodeString(rest)
		name, password, _ := strings.Cut(string(raw), ":")
		if err == nil && present(name) != "" {
			k.name, k.password = name, password
		}
	}
	return k
}

// authenticate finds who asks, and for whom an operator acts.
func (s *server) authenticate(ctx context.Context, c *call) error {
	if err := s.identify(ctx, c); err != nil {
		return err
	}
	other := present(c.r.Header.Get(asUserHeader))
	if other == "" || c.actor.UserID == 0 {
		return nil
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(other, "user/"), 10, 32)
	if err != nil {
		return unreadable(asUserHeader + " is the id of a user.")
	}
	c.actor, err = s.Accounts.ActFor(ctx, c.actor, id)
	return err
}

// identify finds who asks: by token, else by Bearer, else by Basic, else
// nobody, where that is enough. The first that is right counts, so that a
// client which always sends something wrong besides gets in.
func (s *server) identify(ctx context.Context, c *call) error {
	k := c.credentials()
	if !k.any() {
		return s.anonymous(ctx, c)
	}
	var wrong error
	for _, try := range []func(context.Context, *call, credentials) (account.Actor, error){s.byToken, s.byBearer, s.byPassword} {
		actor, err := try(ctx, c, k)
		if err == nil && actor.Kind != "" {
			c.actor = actor
			return nil
		}
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			return err
		}
		if wrong == nil {
			wrong = err
		}
	}
	return wrong
}

// anonymous is nobody in the marketplace or on the storefront of the host.
func (s *server) anonymous(ctx context.Context, c *call) error {
	if !c.route.public {
		return fault.New(fault.Unauthenticated, "Send CMW-Auth-Token, or Authorization with Basic or Bearer.")
	}
	var err error
	c.actor, err = s.nobody(ctx, c)
	return err
}

func (s *server) nobody(ctx context.Context, c *call) (account.Actor, error) {
	m, shop, err := s.Storefronts.At(ctx, hostName(c.r.Host))
	if fault.Is(err, fault.NotFound) {
		return account.Actor{}, fault.New(fault.NotFound, "There is no marketplace at this address.")
	}
	return account.Visitor(m.ID, shop.ResellerID), err
}

// byToken takes CMW-Auth-Token. CMW-Auth-User beside it says nothing more: old
// clients send a name there that we never gave them.
func (s *server) byToken(ctx context.Context, _ *call, k credentials) (account.Actor, error) {
	if k.token == "" {
		return account.Actor{}, nil
	}
	return s.Accounts.Authenticate(ctx, k.token)
}

// byBearer takes our API tokens. Others are of an authorization server, of
// which there is none.
func (s *server) byBearer(ctx context.Context, _ *call, k credentials) (account.Actor, error) {
	switch {
	case k.bearer == "":
		return account.Actor{}, nil
	case strings.Count(k.bearer.Reveal(), ".") == 2:
		return account.Actor{}, fault.New(fault.Unauthenticated, "This marketplace has no OAuth server to ask about a JWT. Send an API token.")
	}
	return s.Accounts.Authenticate(ctx, k.bearer)
}

func (s *server) byPassword(ctx context.Context, c *call, k credentials) (account.Actor, error) {
	if k.name == "" {
		return account.Actor{}, nil
	}
	nobody, err := s.nobody(ctx, c)
	if err != nil {
		return account.Actor{}, err
	}
	return s.Accounts.SignInOften(ctx, nobody.MarketplaceID, k.name, k.password)
}

func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
