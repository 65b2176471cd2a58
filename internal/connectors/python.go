package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// python is flow B. It takes an id that is text, refuses a type it does not
// know even of another entity, and fails when a read does. It does not look at
// what its PATCH is answered.
func (c *Connector) python(ctx context.Context, body []byte) int {
	var e struct {
		Entity *string         `json:"entity"`
		ID     json.RawMessage `json:"id"`
		Type   string          `json:"type"`
	}
	if json.Unmarshal(body, &e) != nil || e.Entity == nil || !lifecycle(e.Type) {
		return http.StatusUnprocessableEntity
	}
	id, err := strconv.Atoi(strings.Trim(string(e.ID), `" `))
	if err != nil {
		return http.StatusUnprocessableEntity
	}
	if *e.Entity != "Subscription" {
		return http.StatusNoContent
	}
	a, err := c.pythonCall(ctx, http.MethodGet, strconv.Itoa(id), "")
	var sub map[string]any
	if err != nil || a.Status >= 300 || json.Unmarshal(a.Body, &sub) != nil {
		return http.StatusInternalServerError // it raises
	}
	// A name that is missing raises, too; a body that is null is an error there.
	status, known := sub["deploymentStatus"].(string)
	paid, told := sub["paid"].(bool)
	number, numbered := sub["id"].(float64)
	if !known || !told || !numbered {
		return http.StatusInternalServerError
	}
	if next := c.flowB(e.Type, status, paid, int64(number)); next != "" {
		target := strconv.Itoa(int(number))
		if c.cfg.AsPublished {
			target = "%3Cbuilt-in%20function%20id%3E" // the name of a function in place of the number
		}
		if _, err := c.pythonCall(ctx, http.MethodPatch, target, fmt.Sprintf(`{"deploymentStatus":%q}`, next)); err != nil {
			return http.StatusInternalServerError
		}
	}
	return http.StatusNoContent
}

func (c *Connector) pythonCall(ctx context.Context, method, id, body string) (Answer, error) {
	headers := []string{"Host: HOST", "Accept: */*", "Accept-Encoding: gzip, deflate", "Connection: keep-alive", "User-Agent: python-httpx/0.28.1",
		"CMW-Auth-Token: " + c.cfg.Token}
	if body != "" {
		headers = append(headers, "Content-Length: LENGTH", "Content-Type: application/json")
	}
	return c.wire.send(ctx, c.cfg.Base, request(method, c.cfg.Base+"/subscription/"+id, body, headers...))
}

// lifecycle reports whether the type is one of the three that strict clients know.
func lifecycle(kind string) bool { return kind == "CREATED" || kind == "MODIFIED" || kind == "DELETED" }
