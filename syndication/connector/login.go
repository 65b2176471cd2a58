package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

func (s *server) loginRoutes() []route {
	am := func(path string, kinds ...account.Kind) route {
		return route{method: http.MethodGet, path: "user/" + path, handle: amI(kinds...)}
	}
	return []route{
		am("amIVendor", account.Vendor), am("amIVendorOrAdmin", account.Vendor, account.Operator), am("amIAdmin", account.Operator),
		am("amISupervisor", account.Operator), am("amIUser", account.Customer),
	}
}

// amI answers whether the caller is one of the kinds: 204, or 403.
func amI(kinds ...account.Kind) handlerFunc {
	return func(_ context.Context, c *call) (answer, error) {
		for _, kind := range kinds {
			if c.actor.Kind == kind {
				return none(), nil
			}
		}
		return answer{}, fault.Newf(fault.Forbidden, "Your account is of another kind (%s).", c.actor.Kind)
	}
}
