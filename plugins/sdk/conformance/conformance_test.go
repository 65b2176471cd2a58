package conformance_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

// defective breaks one promise of the example plugin.
type defective struct {
	*example.Provider
	defect string
}

func (d defective) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	if d.defect == "Validate_names_the_wrong_field" {
		return nil, nil
	}
	return d.Provider.Validate(ctx, check)
}

func (d defective) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	if d.defect == "Provision_with_a_used_key_and_other_content_is_refused" {
		req.Key = rand.Text()
	}
	r, err := d.Provider.Provision(ctx, req, progress)
	if d.defect == "Provision_twice_with_one_key_gives_one_result" && err == nil {
		r.Credentials[0].Value = rand.Text()
	}
	return r, err
}

func (d defective) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	r, err := d.Provider.Update(ctx, req, progress)
	if d.defect == "Update_keeps_credentials" && err == nil {
		r.Credentials[0].Value = rand.Text()
	}
	return r, err
}

func (d defective) Suspend(ctx context.Context, req sdk.Request) error {
	if d.defect == "Suspend_and_resume_may_be_repeated" {
		return nil
	}
	return d.Provider.Suspend(ctx, req)
}

func (d defective) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	o, err := d.Observe(ctx, req.Subscription)
	if d.defect == "Deprovision_twice_is_no_error" && err == nil && o.State == sdk.StateAbsent {
		return sdk.Permanent("not found")
	}
	return d.Provider.Deprovision(ctx, req, progress)
}

func (d defective) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	if d.defect == "Observe_tells_what_exists" {
		return sdk.Observation{State: sdk.StateActive}, nil
	}
	return d.Provider.Observe(ctx, sub)
}

func (d defective) Health(ctx context.Context, settings json.RawMessage) (sdk.Health, error) {
	if d.defect == "Health_of_empty_settings_is_no_success" {
		return sdk.Health{OK: true}, nil
	}
	return d.Provider.Health(ctx, settings)
}

// TestSubject runs the battery over the defect that the environment names; by
// itself, over the example as it is.
func TestSubject(t *testing.T) {
	settings, err := json.Marshal(map[string]string{"file": filepath.Join(t.TempDir(), "cloud.json")})
	require.NoError(t, err)
	conformance.Run(t, conformance.Subject{
		Provider: defective{Provider: &example.Provider{}, defect: os.Getenv("DEFECT")},
		Subscription: sdk.Subscription{
			ID: 1, Settings: settings, Product: json.RawMessage(`{}`),
			Plan: json.RawMessage(`{"size":1}`), Parameters: json.RawMessage(`{}`),
		},
		OtherPlan:   json.RawMessage(`{"size":2}`),
		InvalidPlan: json.RawMessage(`{"size":0}`),
	})
}

func TestRun_findsEachDefect(t *testing.T) {
	t.Parallel()
	for _, defect := range []string{
		"Validate_names_the_wrong_field",
		"Provision_twice_with_one_key_gives_one_result",
		"Provision_with_a_used_key_and_other_content_is_refused",
		"Deprovision_twice_is_no_error",
		"Observe_tells_what_exists",
		"Update_keeps_credentials",
		"Suspend_and_resume_may_be_repeated",
		"Health_of_empty_settings_is_no_success",
	} {
		t.Run(defect, func(t *testing.T) {
			t.Parallel()
			c := exec.Command(os.Args[0], "-test.run=^TestSubject$")
			c.Env = append(os.Environ(), "DEFECT="+defect)
			out, err := c.CombinedOutput()
			require.Error(t, err, "the battery passed")
			require.Contains(t, string(out), "--- FAIL: TestSubject/"+defect)
		})
	}
}
