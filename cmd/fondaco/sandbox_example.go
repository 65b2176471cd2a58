package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

// exampleSandbox is an empty file, which is all the cloud there is.
func exampleSandbox(context.Context, lineFunc) (sandboxed, error) {
	dir, err := os.MkdirTemp("", "fondaco-example-")
	if err != nil {
		return sandboxed{}, err
	}
	file := filepath.Join(dir, "cloud.json")
	return sandboxed{
		subject: conformance.Subject{
			Subscription: sdk.Subscription{
				ID: 900_000, Settings: document(object{"file": file}), Product: document(object{}),
				Plan: document(object{"size": 1}), Parameters: document(object{}),
			},
			OtherPlan:   document(object{"size": 2}),
			InvalidPlan: document(object{"size": 0}),
			Tamper: func(_ context.Context, sub sdk.Subscription) error {
				return editCloud(file, func(c cloudFile) { c.Boxes[strconv.FormatInt(sub.ID, 10)]["plan"] = `{"size":99}` })
			},
			Use: func(_ context.Context, sub sdk.Subscription) (from, to time.Time, err error) {
				return ageBox(file, sub.ID)
			},
		},
		stop: func() error { return os.RemoveAll(dir) },
	}, nil
}

// cloudFile is what of the example's file is tampered with.
type cloudFile struct {
	Boxes map[string]object `json:"boxes"`
	Calls map[string]string `json:"calls"`
	Spans []object          `json:"spans"`
}

func editCloud(file string, edit func(cloudFile)) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var c cloudFile
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	edit(c)
	return os.WriteFile(file, document(c), 0o600)
}

// ageBox lets a box that was just made have stood for hours, and returns six
// whole ones, of which it was there in the last five.
func ageBox(file string, id int64) (from, to time.Time, err error) {
	err = editCloud(file, func(c cloudFile) {
		for _, s := range c.Spans {
			made, wrong := time.Parse(time.RFC3339Nano, fmt.Sprint(s["from"]))
			if s["subscription"] == float64(id) && wrong == nil {
				to = made.UTC().Truncate(time.Hour)
				from = to.Add(-6 * time.Hour)
				s["from"] = from.Add(80 * time.Minute).Format(time.RFC3339Nano)
			}
		}
	})
	if err == nil && to.IsZero() {
		err = fmt.Errorf("the box of subscription %d has no span", id)
	}
	return from, to, err
}
