// Package example is the smallest complete provisioning plugin: it sells boxes
// in a "cloud" that is one JSON file. Copy it to begin your own.
package example

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Provider sells boxes. The zero value is ready.
type Provider struct{ mu sync.Mutex } // one call at a time has the file

var _ sdk.Provider = (*Provider)(nil)

// cloud is what the file holds. A real plugin asks its foreign system instead.
type cloud struct {
	Boxes map[int64]box     `json:"boxes"` // by subscription
	Calls map[string]string `json:"calls"` // content by idempotency key
	Spans []span            `json:"spans"` // what was there from when to when
}

type box struct {
	Plan   string `json:"plan"`
	Key    string `json:"key"`
	Locked bool   `json:"locked"`
}

// Describe says what the plugin is.
func (*Provider) Describe(context.Context) (sdk.Description, error) {
	return sdk.Description{
		Name: "example", Version: "1.0.0", ProductTypes: []string{"box"},
		SettingsSchema:   json.RawMessage(`{"type":"object","properties":{"file":{"type":"string"}},"required":["file"]}`),
		ProductSchema:    json.RawMessage(`{"type":"object"}`),
		PlanSchema:       json.RawMessage(`{"type":"object","properties":{"size":{"type":"integer","minimum":1}},"required":["size"]}`),
		ParametersSchema: json.RawMessage(`{"type":"object"}`),
		Meters:           []sdk.Meter{{Name: meter, Unit: "litre-hour"}},
		Abilities:        []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanInventory, sdk.CanCollectUsage},
	}, nil
}

// Validate checks the documents that are given: an operator who saves settings
// has no plan yet.
func (*Provider) Validate(_ context.Context, check sdk.Check) ([]sdk.Problem, error) {
	var problems []sdk.Problem
	if _, err := fileOf(check.Subscription.Settings); err != nil {
		problems = append(problems, sdk.Problem{Field: "settings.file", Message: "Name the file that is the cloud."})
	}
	if plan := check.Subscription.Plan; plan != nil && sizeOf(plan) < 1 {
		problems = append(problems, sdk.Problem{Field: "plan.size", Message: "The size must be a whole number of litres, at least 1."})
	}
	return problems, nil
}

// sizeOf is the plan's size, 0 when it has none.
func sizeOf(plan json.RawMessage) int64 {
	var p struct{ Size int64 }
	if json.Unmarshal(plan, &p) != nil {
		return 0
	}
	return p.Size
}

// Provision makes the box, or finds the one an earlier try has made.
func (p *Provider) Provision(_ context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	progress(1, 2, "Making the box")
	made, err := p.change("put", req, func(b box) box {
		if b.Key == "" {
			b.Key = rand.Text()
		}
		b.Plan = string(req.Subscription.Plan)
		return b
	})
	if err != nil {
		return sdk.Result{}, err
	}
	progress(2, 2, "The box is ready")
	return sdk.Result{
		Resources:   resources(req.Subscription),
		Credentials: []sdk.Credential{{Name: "boxKey", Label: "Key of the box", Value: made.Key, Secret: true}},
		Endpoints:   []sdk.Endpoint{{Identifier: "box", URL: fmt.Sprintf("https://boxes.example/%d", req.Subscription.ID)}},
	}, nil
}

// Update changes the box's plan and keeps its key.
func (p *Provider) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.Provision(ctx, req, progress)
}

// Suspend locks the box.
func (p *Provider) Suspend(_ context.Context, req sdk.Request) error {
	_, err := p.change("lock", req, func(b box) box { b.Locked = true; return b })
	return err
}

// Resume unlocks the box.
func (p *Provider) Resume(_ context.Context, req sdk.Request) error {
	_, err := p.change("unlock", req, func(b box) box { b.Locked = false; return b })
	return err
}

// Deprovision removes the box; one that is gone already is no error.
func (p *Provider) Deprovision(_ context.Context, req sdk.Request, progress sdk.Progress) error {
	progress(1, 1, "Removing the box")
	_, err := p.change("remove", req, func(box) box { return box{} })
	return err
}

// Observe looks the box up.
func (p *Provider) Observe(_ context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, c, err := open(sub.Settings)
	b, ok := c.Boxes[sub.ID]
	switch {
	case err != nil || !ok:
		off := sdk.Difference{Kind: "missing", Subject: "box", Want: resources(sub)[0].Name}
		return sdk.Observation{State: sdk.StateAbsent, Differences: []sdk.Difference{off}}, err
	case b.Plan != string(sub.Plan):
		off := sdk.Difference{Kind: "changed", Subject: "plan", Want: string(sub.Plan), Have: b.Plan}
		return sdk.Observation{State: sdk.StatePartial, Resources: resources(sub), Differences: []sdk.Difference{off}}, nil
	case b.Locked:
		return sdk.Observation{State: sdk.StateSuspended, Resources: resources(sub)}, nil
	}
	return sdk.Observation{State: sdk.StateActive, Resources: resources(sub)}, nil
}

// Inventory lists the boxes in the file.
func (p *Provider) Inventory(_ context.Context, settings json.RawMessage) ([]sdk.Owned, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, c, err := open(settings)
	var all []sdk.Owned
	for _, id := range slices.Sorted(maps.Keys(c.Boxes)) {
		all = append(all, sdk.Owned{SubscriptionID: id, Resources: resources(sdk.Subscription{ID: id})})
	}
	return all, err
}

// Health tries to read the file.
func (p *Provider) Health(_ context.Context, settings json.RawMessage) (sdk.Health, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	file, c, err := open(settings)
	if err != nil {
		return sdk.Health{Message: err.Error()}, nil
	}
	return sdk.Health{OK: true, Message: fmt.Sprintf("%d boxes in %s", len(c.Boxes), file)}, nil
}

func resources(sub sdk.Subscription) []sdk.Resource {
	id := strconv.FormatInt(sub.ID, 10)
	return []sdk.Resource{{Kind: "box", ID: id, Name: "box-" + id}}
}

// change gives the box to f and stores what it returns, together with what the
// key was used for. A box without key does not exist and is not stored.
func (p *Provider) change(verb string, req sdk.Request, f func(box) box) (box, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sub := req.Subscription
	file, c, err := open(sub.Settings)
	if err != nil {
		return box{}, err
	}
	content := fmt.Sprintf("%s %d %s %s %s", verb, sub.ID, sub.Product, sub.Plan, sub.Parameters)
	if before, ok := c.Calls[req.Key]; ok && before != content {
		return box{}, sdk.Conflict("The key %s was used for another call.", req.Key)
	}
	b := f(c.Boxes[sub.ID])
	c.Boxes[sub.ID], c.Calls[req.Key] = b, content
	if b.Key == "" {
		delete(c.Boxes, sub.ID)
	}
	c.measure(sub.ID, sizeOf(json.RawMessage(b.Plan)), time.Now().UTC())
	text, err := json.Marshal(c)
	if err == nil {
		err = os.WriteFile(file+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file) // all or nothing
	}
	if err != nil {
		return box{}, sdk.Transient(err, "The file %s cannot be written.", file)
	}
	return b, nil
}

func fileOf(settings json.RawMessage) (string, error) {
	var s struct{ File string }
	if err := json.Unmarshal(settings, &s); err != nil || s.File == "" {
		return "", sdk.Permanent("The settings name no file.")
	}
	return s.File, nil
}

func open(settings json.RawMessage) (file string, c cloud, err error) {
	if file, err = fileOf(settings); err != nil {
		return "", c, err
	}
	c = cloud{Boxes: map[int64]box{}, Calls: map[string]string{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return file, c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return "", c, sdk.Transient(err, "The file %s cannot be read.", file)
	}
	return file, c, nil
}
