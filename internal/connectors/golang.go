package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// golang is flow B. It refuses an id that is text and a date that is not
// RFC 3339, and yet goes on with what it could read. It sends no Content-Type
// with a PATCH and answers 204 even when its calls failed.
func (c *Connector) golang(ctx context.Context, body []byte) int {
	var e struct {
		Entity string    `json:"entity"`
		ID     int       `json:"id"`
		Type   string    `json:"type"`
		Date   time.Time `json:"date"`
	}
	status := http.StatusNoContent
	if err := json.Unmarshal(body, &e); err != nil || e.Entity == "" || e.ID == 0 || e.Type == "" {
		status = http.StatusBadRequest
	}
	if e.Entity != "Subscription" {
		return status
	}
	var sub struct {
		ID               int    `json:"id"`
		DeploymentStatus string `json:"deploymentStatus"`
		Paid             bool   `json:"paid"`
	}
	a, err := c.goCall(ctx, http.MethodGet, e.ID, "")
	if err != nil || json.Unmarshal(a.Body, &sub) != nil {
		return http.StatusInternalServerError // it panics, and its framework catches that
	}
	if next := c.flowB(e.Type, sub.DeploymentStatus, sub.Paid, int64(sub.ID)); next != "" {
		if _, err := c.goCall(ctx, http.MethodPatch, sub.ID, fmt.Sprintf(`{"deploymentStatus": %q}`, next)); err != nil {
			return http.StatusInternalServerError
		}
	}
	return status
}

// flowB is what Go, Python and Rust have in common: the status to report, ""
// for none.
func (c *Connector) flowB(kind, status string, paid bool, id int64) string {
	switch {
	case kind == "DELETED":
		c.becomes(id, Gone)
		return "UNDEPLOYED"
	case status == "PENDING" && paid:
		c.becomes(id, Running)
		return "DEPLOYED"
	case status == "STOPPED":
		c.becomes(id, Suspended)
	case status == "DEPLOYED":
		c.becomes(id, Running)
	}
	return ""
}

func (c *Connector) goCall(ctx context.Context, method string, id int, body string) (Answer, error) {
	headers := []string{"Host: HOST", "User-Agent: Go-http-client/1.1"}
	if body != "" {
		headers = append(headers, "Content-Length: LENGTH")
	}
	headers = append(headers, "Cmw-Auth-Token: "+c.cfg.Token, "Accept-Encoding: gzip")
	return c.wire.send(ctx, c.cfg.Base, request(method, fmt.Sprintf("%s/subscription/%d", c.cfg.Base, id), body, headers...))
}
