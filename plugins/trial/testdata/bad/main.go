// Command bad is the example plugin with one defect, which is the name it is
// started by: a symbolic link fondaco-plugin-blind makes it blind. Under any
// other name it is as good as the example.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func main() {
	log := sdk.NewLog(slog.LevelInfo)
	b := &bad{Provider: &example.Provider{}, defect: strings.TrimPrefix(filepath.Base(os.Args[0]), "fondaco-plugin-"), log: log, removals: map[int64]string{}}
	switch b.defect {
	case "garbage":
		fmt.Println("Welcome to the box plugin!")
		time.Sleep(time.Hour)
	case "future":
		fmt.Println("1|2|unix|none|grpc|")
		time.Sleep(time.Hour)
	case "silent":
		time.Sleep(time.Hour)
	}
	sdk.Serve(b, sdk.WithLog(log))
}

// bad breaks one promise of the example.
type bad struct {
	*example.Provider
	defect   string
	log      *slog.Logger
	inFlight atomic.Int32

	mu       sync.Mutex
	removals map[int64]string // key of the last removal
	lastKey  string           // of Provision
}

func (b *bad) Describe(ctx context.Context) (sdk.Description, error) {
	d, err := b.Provider.Describe(ctx)
	d.SettingsSchema = json.RawMessage(`{"type":"object","required":["file"],
		"properties":{"file":{"type":"string"},"password":{"type":"string","writeOnly":true}}}`)
	switch b.defect {
	case "unversioned":
		d.Version = "one"
	case "open-secret":
		d.SettingsSchema = bytes.ReplaceAll(d.SettingsSchema, []byte(`,"writeOnly":true`), nil)
	case "misspelt":
		d.PlanSchema = json.RawMessage(`{"type":"objekt"}`)
	}
	return d, err
}

func (b *bad) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	if b.defect == "blind" {
		return nil, nil
	}
	return b.Provider.Validate(ctx, check)
}

func (b *bad) Health(ctx context.Context, settings json.RawMessage) (sdk.Health, error) {
	h, err := b.Provider.Health(ctx, settings)
	switch b.defect {
	case "cheerful":
		h.OK = true
	case "parrot":
		var s struct{ Password string }
		if json.Unmarshal(settings, &s) == nil {
			h.Message += " with password " + s.Password
		}
	}
	return h, err
}

func (b *bad) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	atOnce := b.inFlight.Add(1)
	defer b.inFlight.Add(-1)
	switch b.defect {
	case "careless":
		req.Key = rand.Text()
	case "racy":
		time.Sleep(20 * time.Millisecond)
	case "halfway":
		b.mu.Lock()
		defer b.mu.Unlock()
		if err := halfway(req.Subscription, progress); err != nil {
			return sdk.Result{}, err
		}
	case "deaf":
		if end, ok := ctx.Deadline(); ok && time.Until(end) < time.Second {
			time.Sleep(1500 * time.Millisecond)
		}
	}
	r, err := b.Provider.Provision(ctx, req, progress)
	if err != nil {
		return r, err
	}
	switch {
	case b.defect == "forgetful" && b.again(req.Key):
		r.Credentials[0].Value = rand.Text()
	case b.defect == "talkative":
		b.log.Info("made a box", "key", r.Credentials[0].Value)
	case b.defect == "racy" && atOnce > 1:
		r.Resources[0].ID += "-2"
	}
	return r, nil
}

// again reports whether the last Provision had the same key.
func (b *bad) again(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	same := b.lastKey == key
	b.lastKey = key
	return same
}

// halfway is a step that a retry cannot get over.
func halfway(sub sdk.Subscription, progress sdk.Progress) error {
	mark := filepath.Join(filepath.Dir(fileOf(sub.Settings)), fmt.Sprintf("half-%d", sub.ID))
	if _, err := os.Stat(mark); err == nil {
		return sdk.Permanent("There is half a box already.")
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	progress(1, 3, "Half of the box")
	time.Sleep(30 * time.Millisecond)
	return os.Remove(mark)
}

func (b *bad) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	r, err := b.Provider.Update(ctx, req, progress)
	if b.defect == "rekeying" && err == nil {
		r.Credentials[0].Value = rand.Text()
	}
	return r, err
}

func (b *bad) Suspend(ctx context.Context, req sdk.Request) error {
	o, err := b.Provider.Observe(ctx, req.Subscription)
	if b.defect == "touchy" && err == nil && o.State == sdk.StateSuspended {
		return sdk.Permanent("The box is locked already.")
	}
	return b.Provider.Suspend(ctx, req)
}

func (b *bad) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	id := req.Subscription.ID
	o, err := b.Provider.Observe(ctx, req.Subscription)
	if err != nil {
		return err
	}
	absent := o.State == sdk.StateAbsent
	b.mu.Lock()
	last := b.removals[id]
	b.removals[id] = req.Key
	b.mu.Unlock()
	switch {
	case b.defect == "strict" && absent && last != "" && last != req.Key:
		return sdk.Permanent("There is no box any more.")
	case b.defect == "adamant" && absent && !everWas(req.Subscription):
		return sdk.Permanent("There never was a box.")
	case b.defect == "needy" && req.Subscription.Plan == nil:
		return sdk.Permanent("Which plan did it have?")
	}
	return b.Provider.Deprovision(ctx, req, progress)
}

func (b *bad) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	o, err := b.Provider.Observe(ctx, sub)
	switch {
	case err != nil:
	case b.defect == "optimist" && o.State == sdk.StateAbsent:
		return sdk.Observation{State: sdk.StateActive}, nil
	case b.defect == "smug" && o.State == sdk.StatePartial:
		return sdk.Observation{State: sdk.StateActive, Resources: o.Resources}, nil
	case b.defect == "nosy":
		all, err := b.Provider.Inventory(ctx, sub.Settings)
		for _, other := range all {
			if other.SubscriptionID != sub.ID {
				o.Resources = append(o.Resources, other.Resources...)
			}
		}
		return o, err
	}
	return o, err
}

func (b *bad) Inventory(ctx context.Context, settings json.RawMessage) ([]sdk.Owned, error) {
	if b.defect != "hoarder" {
		return b.Provider.Inventory(ctx, settings)
	}
	var all []sdk.Owned
	for _, id := range spans(settings) {
		all = append(all, sdk.Owned{SubscriptionID: id})
	}
	return all, nil
}

func (b *bad) CollectUsage(ctx context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	wide := from
	if b.defect == "overlapping" {
		wide = from.Add(-30 * time.Minute)
	}
	all, err := b.Provider.CollectUsage(ctx, sub, wide, to)
	for i := range all {
		all[i].At = from
		if b.defect == "dicing" {
			all[i].EventID = rand.Text()
		}
	}
	return all, err
}

func fileOf(settings json.RawMessage) string {
	var s struct{ File string }
	_ = json.Unmarshal(settings, &s) // then it is none
	return s.File
}

// spans are the subscriptions of all boxes that ever were.
func spans(settings json.RawMessage) []int64 {
	raw, err := os.ReadFile(fileOf(settings))
	if err != nil {
		return nil
	}
	var c struct {
		Spans []struct{ Subscription int64 }
	}
	_ = json.Unmarshal(raw, &c) // then there are none
	var ids []int64
	for _, s := range c.Spans {
		ids = append(ids, s.Subscription)
	}
	return ids
}

func everWas(sub sdk.Subscription) bool {
	for _, id := range spans(sub.Settings) {
		if id == sub.ID {
			return true
		}
	}
	return false
}
