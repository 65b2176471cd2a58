package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// mirror is a provider that answers with what it was asked, and does what the
// plan says: {"do":"permanent"}, "conflict", "notYet", "plain", "panic",
// "hang", "exit", "steps", "print".
type mirror struct{ grandchild int }

var _ sdk.Provider = mirror{}

func act(ctx context.Context, plan json.RawMessage) error {
	var p struct{ Do string }
	_ = json.Unmarshal(plan, &p)
	switch p.Do {
	case "permanent":
		return sdk.Permanent("The region %s is closed.", "eu-1")
	case "conflict":
		return sdk.Conflict("The key was used.")
	case "notYet":
		return sdk.NotYet(90*time.Second+5*time.Millisecond, "The machine boots.")
	case "transient":
		return sdk.Transient(errors.New("secret cause"), "The cloud is busy.")
	case "plain":
		return errors.New("dial tcp: refused")
	case "wrapped":
		return fmt.Errorf("while booting: %w", sdk.Permanent("No more addresses."))
	case "garbled":
		return errors.New("bad \xff byte " + strings.Repeat("long ", 10000))
	case "panic":
		panic("do not tell")
	case "hang":
		<-ctx.Done()
		return ctx.Err()
	case "exit":
		os.Exit(4)
	case "print":
		fmt.Println("printed to standard output")
		fmt.Fprintln(os.Stderr, "printed to standard error")
	}
	return nil
}

func echo(v any) string {
	text, err := json.Marshal(v)
	must(err)
	return string(text)
}

func (m mirror) Describe(context.Context) (sdk.Description, error) { return mirrorDescription(), nil }

// loud prints a megabyte to the process's real standard output at each call.
type loud struct{ mirror }

func (loud) Describe(context.Context) (sdk.Description, error) {
	_, err := syscall.Write(1, bytes.Repeat([]byte("z"), 1<<20))
	return mirrorDescription(), err
}

// glutton takes memory during Provision until somebody stops it.
type glutton struct{ mirror }

func (glutton) Provision(ctx context.Context, _ sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	progress(1, 1, "eating")
	var eaten [][]byte
	for ctx.Err() == nil {
		eaten = append(eaten, bytes.Repeat([]byte{1}, 4<<20))
	}
	return sdk.Result{}, fmt.Errorf("ate %d", len(eaten))
}

func mirrorDescription() sdk.Description {
	return sdk.Description{
		Name: "mirror", Version: "1.2.3", ProductTypes: []string{"api", "vm"},
		SettingsSchema: json.RawMessage(`{"a":1}`), ProductSchema: json.RawMessage(`{"b":2}`),
		PlanSchema: json.RawMessage(`{"c":3}`), ParametersSchema: json.RawMessage(`{"d":4}`),
		Meters:    []sdk.Meter{{Name: "requests", Unit: "1"}, {Name: "storage", Unit: "GB"}},
		Abilities: []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanCollectUsage},
	}
}

func (m mirror) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	return []sdk.Problem{{Field: "plan.x", Message: echo(check)}}, act(ctx, check.Subscription.Plan)
}

func (m mirror) Inventory(_ context.Context, settings json.RawMessage) ([]sdk.Owned, error) {
	return []sdk.Owned{{SubscriptionID: 7, Resources: []sdk.Resource{{Kind: "settings", ID: "1", Name: string(settings)}}}}, nil
}

func (m mirror) result(kind string, req sdk.Request) sdk.Result {
	return sdk.Result{
		Resources:   append(req.Subscription.Resources, sdk.Resource{Kind: kind, ID: "1", Name: "one"}),
		Credentials: []sdk.Credential{{Name: "request", Label: "The request", Value: echo(req), Secret: true}},
		Endpoints:   []sdk.Endpoint{{Identifier: "get", Method: "GET", URL: "https://a.example/ä"}},
	}
}

func (m mirror) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	if bytes.Contains(req.Subscription.Plan, []byte("steps")) {
		for i := range 500 {
			progress(i+1, 500, fmt.Sprintf("step %d", i+1))
		}
	}
	if bytes.Contains(req.Subscription.Plan, []byte("late")) {
		sync.OnceFunc(func() { go progress(1, 1, "too late") })()
	}
	return m.result("provision", req), act(ctx, req.Subscription.Plan)
}

func (m mirror) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	progress(1, 2, "half")
	return m.result("update", req), act(ctx, req.Subscription.Plan)
}

// Suspend, Resume and Deprovision have no result: what they were asked comes
// back as a permanent error.
func (m mirror) Suspend(ctx context.Context, req sdk.Request) error {
	if err := act(ctx, req.Subscription.Plan); err != nil {
		return err
	}
	return sdk.Permanent("suspend %s", echo(req))
}

func (m mirror) Resume(ctx context.Context, req sdk.Request) error {
	if err := act(ctx, req.Subscription.Plan); err != nil {
		return err
	}
	return sdk.Permanent("resume %s", echo(req))
}

func (m mirror) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	progress(1, 1, "remove "+echo(req))
	return act(ctx, req.Subscription.Plan)
}

func (m mirror) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	return sdk.Observation{
		State: sdk.StatePartial, Resources: sub.Resources,
		Differences: []sdk.Difference{{Kind: "changed", Subject: "sub", Want: echo(sub), Have: "x"}},
	}, act(ctx, sub.Plan)
}

func (m mirror) CollectUsage(ctx context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	return []sdk.Usage{
		{EventID: echo(sub), Meter: "requests", Quantity: "12.5", At: from},
		{EventID: "2", Meter: "storage", Quantity: "1", At: to},
	}, act(ctx, sub.Plan)
}

// Health tells the environment and the process ids, for tests to look at.
func (m mirror) Health(_ context.Context, settings json.RawMessage) (sdk.Health, error) {
	return sdk.Health{OK: true, Message: echo(map[string]any{
		"settings": string(settings), "env": os.Environ(), "pid": os.Getpid(), "grandchild": m.grandchild,
	})}, nil
}
