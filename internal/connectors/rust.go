package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// rust is flow B with four statuses. It dies of any other, of an answer that
// is no success, and of UNDEPLOYED where nothing was deleted: the connection
// is dropped, and nothing was done.
func (c *Connector) rust(ctx context.Context, body []byte) int {
	var e struct {
		Entity *string `json:"entity"`
		ID     *uint32 `json:"id"`
		Type   string  `json:"type"`
	}
	if json.Unmarshal(body, &e) != nil || e.Entity == nil || e.ID == nil || !lifecycle(e.Type) {
		return http.StatusBadRequest
	}
	if *e.Entity != "Subscription" {
		return http.StatusNoContent
	}
	var sub struct {
		ID               *uint32 `json:"id"`
		DeploymentStatus string  `json:"deploymentStatus"`
		Paid             *bool   `json:"paid"`
	}
	a, err := c.rustCall(ctx, http.MethodGet, *e.ID, "")
	if err != nil || a.Status >= 400 || json.Unmarshal(a.Body, &sub) != nil || sub.ID == nil || sub.Paid == nil {
		return dropped
	}
	if !slices.Contains([]string{"PENDING", "DEPLOYED", "STOPPED", "UNDEPLOYED"}, sub.DeploymentStatus) {
		return dropped
	}
	if e.Type != "DELETED" && sub.DeploymentStatus == "UNDEPLOYED" {
		return dropped
	}
	if next := c.flowB(e.Type, sub.DeploymentStatus, *sub.Paid, int64(*sub.ID)); next != "" {
		a, err := c.rustCall(ctx, http.MethodPatch, *sub.ID, fmt.Sprintf(`{"deploymentStatus":%q}`, next))
		if err != nil || a.Status >= 400 {
			return dropped
		}
	}
	return http.StatusNoContent
}

func (c *Connector) rustCall(ctx context.Context, method string, id uint32, body string) (Answer, error) {
	headers := []string{"Host: HOST", "User-Agent: ureq/2.12.1", "Accept: */*"}
	if body != "" {
		headers = append(headers, "Content-Type: application/json")
	}
	headers = append(headers, "CMW-Auth-Token: "+c.cfg.Token, "accept-encoding: gzip")
	if body != "" {
		headers = append(headers, "Content-Length: LENGTH")
	}
	return c.wire.send(ctx, c.cfg.Base, request(method, fmt.Sprintf("%s/subscription/%d", c.cfg.Base, id), body, headers...))
}
