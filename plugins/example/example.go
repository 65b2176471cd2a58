// Package example is the smallest complete provisioning plugin: it sells boxes
// in a "cloud" that is one JSON file. Copy it to begin your own.
package example

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Provider sells boxes. The zero value is ready.
type Provider struct {
	mu sync.Mutex // one call at a time changes the file
}

var _ sdk.Provider = (*Provider)(nil)

type plan struct {
	Size int `json:"size"` // of the box in litres, at least 1
}

// Describe says what the plugin is.
func (*Provider) Describe(context.Context) (sdk.Description, error) {
	return sdk.Description{
		Name:             "example",
		Version:          "1.0.0",
		ProductTypes:     []string{"box"},
		SettingsSchema:   json.RawMessage(`{"type":"object","properties":{"file":{"type":"string","title":"File that is the cloud"}},"required":["file"]}`),
		ProductSchema:    json.RawMessage(`{"type":"object"}`),
		PlanSchema:       json.RawMessage(`{"type":"object","properties":{"size":{"type":"integer","minimum":1,"title":"Litres"}},"required":["size"]}`),
		ParametersSchema: json.RawMessage(`{"type":"object"}`),
		Abilities:        []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve},
	}, nil
}

// Validate checks the plan.
func (*Provider) Validate(_ context.Context, sub sdk.Subscription) ([]sdk.Problem, error) {
	if _, err := readPlan(sub); err != nil {
		return []sdk.Problem{{Field: "plan.size", Message: "The size must be a whole number of litres, at least 1."}}, nil
	}
	return nil, nil
}

// Provision makes the box, or finds it made by an earlier try.
func (p *Provider) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.put(ctx, "provision", req, progress)
}

// Update changes the box's size and keeps its key.
func (p *Provider) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.put(ctx, "update", req, progress)
}

func (p *Provider) put(ctx context.Context, verb string, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	wanted, err := readPlan(req.Subscription)
	if err != nil {
		return sdk.Result{}, sdk.Permanent("The plan has no usable size.")
	}
	id := strconv.FormatInt(req.Subscription.ID, 10)
	var made box
	err = p.change(ctx, verb, req, func(c *cloud) {
		progress(1, 2, "Making the box")
		made = c.Boxes[id]
		if made.Key == "" {
			made.Key = rand.Text()
		}
		made.Size = wanted.Size
		c.Boxes[id] = made
	})
	if err != nil {
		return sdk.Result{}, err
	}
	progress(2, 2, "The box is ready")
	return sdk.Result{
		Resources:   []sdk.Resource{{Kind: "box", ID: id, Name: "box-" + id}},
		Credentials: []sdk.Credential{{Name: "boxKey", Label: "Key of the box", Value: made.Key, Secret: true}},
		Endpoints:   []sdk.Endpoint{{Identifier: "box", URL: "https://boxes.example/" + id}},
	}, nil
}

// Suspend locks the box.
func (p *Provider) Suspend(ctx context.Context, req sdk.Request) error {
	return p.lock(ctx, "suspend", req, true)
}

// Resume unlocks the box.
func (p *Provider) Resume(ctx context.Context, req sdk.Request) error {
	return p.lock(ctx, "resume", req, false)
}

func (p *Provider) lock(ctx context.Context, verb string, req sdk.Request, locked bool) error {
	id := strconv.FormatInt(req.Subscription.ID, 10)
	return p.change(ctx, verb, req, func(c *cloud) {
		if b, ok := c.Boxes[id]; ok {
			b.Locked = locked
			c.Boxes[id] = b
		}
	})
}

// Deprovision removes the box; one that is gone already is no error.
func (p *Provider) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	progress(1, 1, "Removing the box")
	return p.change(ctx, "deprovision", req, func(c *cloud) {
		delete(c.Boxes, strconv.FormatInt(req.Subscription.ID, 10))
	})
}

// Observe looks the box up in the file.
func (p *Provider) Observe(_ context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, c, err := open(sub.Settings)
	if err != nil {
		return sdk.Observation{}, err
	}
	id := strconv.FormatInt(sub.ID, 10)
	found, ok := c.Boxes[id]
	if !ok {
		return sdk.Observation{State: sdk.StateAbsent}, nil
	}
	o := sdk.Observation{State: sdk.StateActive, Resources: []sdk.Resource{{Kind: "box", ID: id, Name: "box-" + id}}}
	if found.Locked {
		o.State = sdk.StateSuspended
	}
	if wanted, err := readPlan(sub); err == nil && wanted.Size != found.Size {
		o.State = sdk.StatePartial
		o.Differences = []sdk.Difference{{Kind: "changed", Subject: "size", Want: strconv.Itoa(wanted.Size), Have: strconv.Itoa(found.Size)}}
	}
	return o, nil
}

// CollectUsage returns nothing: boxes are not metered.
func (*Provider) CollectUsage(context.Context, sdk.Subscription, time.Time, time.Time) ([]sdk.Usage, error) {
	return nil, nil
}

// Health tries to read the file.
func (*Provider) Health(_ context.Context, settings json.RawMessage) (sdk.Health, error) {
	file, c, err := open(settings)
	if err != nil {
		return sdk.Health{Message: err.Error()}, nil
	}
	return sdk.Health{OK: true, Message: fmt.Sprintf("%d boxes in %s", len(c.Boxes), file)}, nil
}

func readPlan(sub sdk.Subscription) (plan, error) {
	var p plan
	if err := json.Unmarshal(sub.Plan, &p); err != nil {
		return plan{}, err
	}
	if p.Size < 1 {
		return plan{}, fmt.Errorf("size %d", p.Size)
	}
	return p, nil
}

// fingerprint tells the content of two calls with the same key apart.
func fingerprint(verb string, s sdk.Subscription) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %q %q %q", verb, s.ID, s.Product, s.Plan, s.Parameters))
	return hex.EncodeToString(sum[:])
}
