package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// springVersion is what its library appends to every address.
const springVersion = "20250109"

// spring signs in with Basic on every call, reads the subscription, its buyer
// and the buyer's company at every event, and reads them strictly. A CREATED
// that is PENDING is deployed without a look at the payment.
func (c *Connector) spring(ctx context.Context, body []byte) int {
	var e notificationDTO
	if err := json.Unmarshal(body, &e); err != nil {
		return http.StatusBadRequest
	}
	if e.Entity != "Subscription" {
		return http.StatusNoContent
	}
	var sub SubscriptionDTO
	var user UserDTO
	var company CompanyDTO
	if c.springGet(ctx, fmt.Sprintf("subscription/%d", e.ID), &sub) != nil || sub.Buyer == nil {
		return http.StatusInternalServerError
	}
	if c.springGet(ctx, "user/"+sub.Buyer.id(), &user) != nil {
		return http.StatusInternalServerError
	}
	if user.UserCompany != nil && c.springGet(ctx, "userCompany/"+user.UserCompany.id(), &company) != nil {
		return http.StatusInternalServerError
	}
	next := ""
	switch {
	case e.Type == "DELETED":
		c.becomes(sub.ID, Gone)
		next = "UNDEPLOYED"
	case sub.DeploymentStatus == "PENDING" && (e.Type == "CREATED" || sub.Paid):
		c.becomes(sub.ID, Running)
		next = "DEPLOYED"
	case e.Type == "MODIFIED" && sub.DeploymentStatus == "STOPPED":
		c.becomes(sub.ID, Suspended)
	case e.Type == "MODIFIED" && sub.DeploymentStatus == "DEPLOYED":
		c.becomes(sub.ID, Running)
	}
	if next != "" && c.springPatch(ctx, sub.ID, next) != nil {
		return http.StatusInternalServerError
	}
	return http.StatusNoContent
}

// springGet reads a resource. An answer that is no success, is empty or does
// not fit the type is an error.
func (c *Connector) springGet(ctx context.Context, path string, into any) error {
	a, err := c.springCall(ctx, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return fmt.Errorf("%s: %d", path, a.Status)
	}
	return Decode(a.Body, into)
}

func (c *Connector) springPatch(ctx context.Context, id int64, status string) error {
	a, err := c.springCall(ctx, http.MethodPatch, fmt.Sprintf("subscription/%d", id), fmt.Sprintf(`{"deploymentStatus":%q}`, status))
	if err != nil || a.Status == http.StatusNoContent {
		return err
	}
	if a.Status != http.StatusOK {
		return fmt.Errorf("subscription %d: %d", id, a.Status)
	}
	var upgrade struct{}
	return Decode(a.Body, &upgrade)
}

func (c *Connector) springCall(ctx context.Context, method, path, body string) (Answer, error) {
	var headers []string
	if body != "" {
		headers = append(headers, "Content-Type: application/json; charset=UTF-8", "Content-Length: LENGTH")
	}
	headers = append(headers, basic(c.cfg.User, c.cfg.Password), "User-Agent: Cloudesire API Client "+springVersion,
		"Host: HOST", "Connection: Keep-Alive", "Accept-Encoding: gzip")
	address := c.cfg.Base + "/" + path + "?apiVersion=" + springVersion
	return c.wire.send(ctx, c.cfg.Base, request(method, address, body, headers...))
}

// Decode reads JSON into one of the DTOs as Jackson would: unknown names are
// ignored, a null or missing value is left out, and anything of another shape
// or an unknown constant is an error.
func Decode(raw []byte, into any) error {
	if strings.TrimSpace(string(raw)) == "" {
		return fmt.Errorf("no content to map")
	}
	return json.Unmarshal(raw, into)
}
