package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/fondaco/fondaco/plugins/kong/sandbox"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

// kongSandbox is the gateway of the demo, empty and in memory. Nobody calls
// it, so the upstream and the log intake need not exist.
func kongSandbox(ctx context.Context, line lineFunc) (sandboxed, error) {
	gateway, err := sandbox.New(sandbox.Config{})
	if err != nil {
		return sandboxed{}, err
	}
	admin, stopAdmin, err := listenLocally(ctx, line(gateway.Admin()))
	if err != nil {
		return sandboxed{}, errors.Join(err, gateway.Close())
	}
	proxy, stopProxy, err := listenLocally(ctx, gateway.Proxy())
	if err != nil {
		return sandboxed{}, errors.Join(err, stopAdmin(), gateway.Close())
	}
	return sandboxed{
		subject: kongSubject(admin, proxy),
		stop:    func() error { return errors.Join(stopProxy(), stopAdmin(), gateway.Close()) },
	}, nil
}

// kongSubject sells one endpoint with limits.
func kongSubject(admin, proxy string) conformance.Subject {
	prepaid := func(limits object) json.RawMessage {
		return document(object{"id": 3, "name": "Basic", "endpoints": []object{{"identifier": "get-items", "mode": "prepaid", "limits": limits}}})
	}
	return conformance.Subject{
		Subscription: sdk.Subscription{
			ID: 900_000,
			Settings: document(object{
				"adminUrl": admin, "adminToken": "sandbox-admin-token", "proxyUrl": proxy,
				"ingestUrl": "http://127.0.0.1:9/ingest/kong", "ingestSecret": "sandbox-ingest-secret",
			}),
			Product: document(object{
				"id": 7, "sku": "shop", "name": "Shop",
				"api":       object{"upstreamUrl": "http://127.0.0.1:9", "authHeader": object{"name": "X-Key", "value": "vendor-secret"}},
				"endpoints": []object{{"identifier": "get-items", "name": "List", "method": "GET", "path": "/items"}},
			}),
			Plan: prepaid(object{"minute": 10, "month": 100}),
		},
		OtherPlan:   prepaid(object{"minute": 20, "month": 300}),
		InvalidPlan: prepaid(object{"month": -1}),
		Tamper:      func(ctx context.Context, sub sdk.Subscription) error { return dropLimits(ctx, admin, sub.ID) },
	}
}

// dropLimits removes the subscription's rate limits as an operator could who
// means well.
func dropLimits(ctx context.Context, admin string, id int64) error {
	var plugins struct {
		Data []struct{ ID, Name string }
	}
	tag := "fondaco-subscription-" + strconv.FormatInt(id, 10)
	if err := askAdmin(ctx, http.MethodGet, admin+"/plugins?tags="+tag, &plugins); err != nil {
		return err
	}
	for _, p := range plugins.Data {
		if p.Name == "rate-limiting" {
			return askAdmin(ctx, http.MethodDelete, admin+"/plugins/"+p.ID, nil)
		}
	}
	return fmt.Errorf("there is no rate-limiting tagged %s", tag)
}

func askAdmin(ctx context.Context, method, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, url, res.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}
