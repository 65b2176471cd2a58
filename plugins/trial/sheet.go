package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

// Sheet says what is sold in a trial. Settings are required; everything else
// makes more checks possible.
type Sheet struct {
	// FirstSubscription is the first of the subscription numbers that the
	// trial uses; default 900000.
	FirstSubscription int64 `json:"firstSubscription"`

	Settings        json.RawMessage `json:"settings"`
	Product         json.RawMessage `json:"product"`
	Plan            json.RawMessage `json:"plan"`
	Parameters      json.RawMessage `json:"parameters"`
	OtherPlan       json.RawMessage `json:"otherPlan"`
	OtherParameters json.RawMessage `json:"otherParameters"`
	InvalidPlan     json.RawMessage `json:"invalidPlan"`

	// Tamper and Use are commands, a word an element, run in the sheet's
	// folder with the subscription as JSON on standard input. Tamper changes
	// what exists of it. Use makes usage and prints the window it lies in:
	// two times in RFC 3339, on whole hours.
	Tamper []string `json:"tamper"`
	Use    []string `json:"use"`

	dir string
}

// firstSubscription is far from what a marketplace that begins has sold.
const firstSubscription = 900_000

// ReadSheet reads a sheet from a file. Words that it does not know are
// mistakes.
func ReadSheet(path string) (Sheet, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Sheet{}, fault.InvalidField("--settings", err.Error()+".")
	}
	s := Sheet{FirstSubscription: firstSubscription, dir: filepath.Dir(path)}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Sheet{}, fault.InvalidField("--settings", fmt.Sprintf("%s is no sheet: %v.", path, err))
	}
	if len(s.Settings) == 0 {
		return Sheet{}, fault.InvalidField("--settings", path+" has no settings.")
	}
	for _, d := range []*json.RawMessage{&s.Settings, &s.Product, &s.Plan, &s.Parameters, &s.OtherPlan, &s.OtherParameters, &s.InvalidPlan} {
		*d = compact(*d)
	}
	return s, nil
}

// compact writes a document as the marketplace does: without the spaces that
// people like.
func compact(document json.RawMessage) json.RawMessage {
	if document == nil {
		return nil
	}
	var out bytes.Buffer
	if json.Compact(&out, document) != nil {
		return document // not reached: it was decoded
	}
	return out.Bytes()
}

// Subject is the sheet's, without a provider.
func (s Sheet) Subject() conformance.Subject {
	out := conformance.Subject{
		Subscription: sdk.Subscription{
			ID: s.FirstSubscription, Settings: s.Settings, Product: s.Product, Plan: s.Plan, Parameters: s.Parameters,
		},
		OtherPlan: s.OtherPlan, OtherParameters: s.OtherParameters, InvalidPlan: s.InvalidPlan,
	}
	if len(s.Tamper) > 0 {
		out.Tamper = func(ctx context.Context, sub sdk.Subscription) error {
			_, err := s.run(ctx, s.Tamper, sub)
			return err
		}
	}
	if len(s.Use) > 0 {
		out.Use = s.use
	}
	return out
}

func (s Sheet) use(ctx context.Context, sub sdk.Subscription) (from, to time.Time, err error) {
	out, err := s.run(ctx, s.Use, sub)
	if err != nil {
		return from, to, err
	}
	words := strings.Fields(out)
	if len(words) != 2 {
		return from, to, fmt.Errorf("%s printed %q, not two times in RFC 3339", s.Use[0], out)
	}
	if from, err = time.Parse(time.RFC3339, words[0]); err != nil {
		return from, to, err
	}
	to, err = time.Parse(time.RFC3339, words[1])
	return from.UTC(), to.UTC(), err
}

// run runs a command of the sheet and returns what it printed.
func (s Sheet) run(ctx context.Context, words []string, sub sdk.Subscription) (string, error) {
	input, err := json.Marshal(map[string]any{
		"id": sub.ID, "settings": sub.Settings, "product": sub.Product, "plan": sub.Plan,
		"parameters": sub.Parameters, "resources": sub.Resources,
	})
	if err != nil {
		return "", err
	}
	var stderr strings.Builder
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir, c.Stdin, c.Stderr = s.dir, bytes.NewReader(input), &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", words[0], err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
