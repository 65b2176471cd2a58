package connectors

import (
	"context"
	"encoding/json"
	"net/http"
)

// php is flow A: it ends a subscription on UNDEPLOY_SENT and ignores DELETED.
// Its base URL ends in a slash and it appends "/login". It uses entityUrl for
// its calls, looks at no status, and answers 204 whatever came of them.
func (c *Connector) php(ctx context.Context, body []byte) int {
	var e map[string]any
	if json.Unmarshal(body, &e) != nil || e == nil {
		return http.StatusOK // it prints nothing
	}
	if !truthy(e["id"]) {
		return http.StatusBadRequest
	}
	if e["entity"] != "Subscription" || (e["type"] != "MODIFIED" && e["type"] != "CREATED") {
		return http.StatusNoContent
	}
	entityURL, _ := e["entityUrl"].(string)
	token, ok := c.phpLogin(ctx)
	if !ok {
		return http.StatusInternalServerError // it throws
	}
	p := phpCalls{c, token}
	sub, ok := p.call(ctx, http.MethodGet, entityURL, "").(map[string]any)
	if !ok {
		return http.StatusBadRequest
	}
	id := idOf(entityURL)
	switch paid, _ := sub["paid"].(bool); {
	case sub["deploymentStatus"] == "UNDEPLOY_SENT":
		c.becomes(id, Gone)
		p.call(ctx, http.MethodPatch, entityURL, `{"deploymentStatus":"UNDEPLOYED"}`)
	case sub["deploymentStatus"] == "PENDING" && paid:
		c.becomes(id, Running)
		p.call(ctx, http.MethodPost, entityURL+"/endpoints",
			`[{"endpoint":"https:\/\/app.example.com\/login","description":"Login","category":"APP"}]`)
		p.call(ctx, http.MethodPost, entityURL+"/instructions", `{"en":"Sign in.","it":"Entra."}`)
		p.call(ctx, http.MethodPatch, entityURL, `{"deploymentStatus":"DEPLOYED"}`)
	}
	return http.StatusNoContent
}

// phpLogin asks for a token at every event: GET, with a slash too many.
func (c *Connector) phpLogin(ctx context.Context) (string, bool) {
	a, err := c.wire.send(ctx, c.cfg.Base, request(http.MethodGet, c.cfg.Base+"//login?expire=false", "",
		"Host: HOST", basic(c.cfg.User, c.cfg.Password), "Accept: */*"))
	if err != nil {
		return "", false
	}
	var token any
	_ = json.Unmarshal(a.Body, &token) // null for what is no JSON
	text, ok := token.(string)
	return text, ok && text != ""
}

type phpCalls struct {
	c     *Connector
	token string
}

// call returns the decoded answer, nil for what is no JSON.
func (p phpCalls) call(ctx context.Context, method, entityURL, body string) any {
	headers := []string{"Host: HOST", "Accept: */*"}
	if body != "" {
		headers = append(headers, "Content-Type: application/json")
	}
	headers = append(headers, "CMW-Auth-Token: "+p.token, "CMW-Auth-User: "+p.c.cfg.User)
	if body != "" {
		headers = append(headers, "Content-Length: LENGTH")
	}
	a, err := p.c.wire.send(ctx, p.c.cfg.Base, request(method, p.c.cfg.Base+"/"+entityURL, body, headers...))
	if err != nil {
		return nil
	}
	var v any
	_ = json.Unmarshal(a.Body, &v)
	return v
}

// truthy is PHP's idea of true, as far as JSON can say it.
func truthy(v any) bool {
	switch x := v.(type) {
	case nil:
		return false
	case bool:
		return x
	case float64:
		return x != 0
	case string:
		return x != "" && x != "0"
	}
	return true
}
