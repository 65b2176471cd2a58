package example

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

type object = map[string]any

// market speaks the connector API.
type market struct {
	base, token string
	client      *http.Client
}

// apiVersion fixes the shapes of what the marketplace answers. Without it the
// oldest come, in which quantities and parameters are maps by address.
const apiVersion = "20250109"

// subscription is what we read of one.
type subscription struct {
	ID               int    `json:"id"`
	DeploymentStatus string `json:"deploymentStatus"`
	Paid             bool   `json:"paid"`
	ProductVersion   struct {
		URL string `json:"url"` // "productVersion/7"
	} `json:"productVersion"`
	BillingItems []struct {
		Identifier string  `json:"identifier"`
		Value      float64 `json:"value"`
	} `json:"billingItems"`
	ConfigurationParameters []struct {
		Code  string `json:"code"`
		Value string `json:"value"`
	} `json:"configurationParameters"`
}

// quantity is how many of something were bought.
func (s subscription) quantity(identifier string) int {
	for _, item := range s.BillingItems {
		if item.Identifier == identifier {
			return int(item.Value)
		}
	}
	return 0
}

// parameter is what the customer chose.
func (s subscription) parameter(code string) string {
	for _, p := range s.ConfigurationParameters {
		if p.Code == code {
			return p.Value
		}
	}
	return ""
}

func (m market) subscription(ctx context.Context, id int) (s subscription, err error) {
	return s, m.call(ctx, http.MethodGet, fmt.Sprintf("subscription/%d", id), nil, &s)
}

// planName is what the bought plan is called.
func (m market) planName(ctx context.Context, s subscription) (string, error) {
	var plan struct {
		Name string `json:"name"`
	}
	return plan.Name, m.call(ctx, http.MethodGet, s.ProductVersion.URL, nil, &plan)
}

// report says what became of a subscription: DEPLOYED, FAILED or UNDEPLOYED.
func (m market) report(ctx context.Context, id int, status string) error {
	return m.call(ctx, http.MethodPatch, fmt.Sprintf("subscription/%d", id), object{"deploymentStatus": status}, nil)
}

// name calls the subscription something that people recognize.
func (m market) name(ctx context.Context, id int, name string) error {
	return m.call(ctx, http.MethodPatch, fmt.Sprintf("subscription/%d", id), object{"action": "SET_NAME", "name": name}, nil)
}

// put replaces the endpoints, instructions or credentials of a subscription.
func (m market) put(ctx context.Context, id int, what string, value any) error {
	return m.call(ctx, http.MethodPost, fmt.Sprintf("subscription/%d/%s", id, what), value, nil)
}

// errNone is that the marketplace knows nothing of what was asked for.
var errNone = errors.New("there is none")

// call makes one call; anything but 2xx is an error that names it.
func (m market) call(ctx context.Context, method, path string, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if body == nil {
		raw = nil
	}
	url := strings.TrimSuffix(m.base, "/") + "/" + path + "?apiVersion=" + apiVersion
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("CMW-Auth-Token", m.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%s %s: %w: %s", method, path, errNone, got)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, got)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}
