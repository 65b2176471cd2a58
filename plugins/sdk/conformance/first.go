package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/plugins/sdk"
)

var (
	semanticVersion = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	productType     = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

func handshake(ctx context.Context, r *run) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	d, err := r.Provider.Describe(ctx)
	if err != nil {
		return err
	}
	r.battery.answered, r.battery.report.Plugin = true, d
	var wrong []error
	if d.Name == "" {
		wrong = append(wrong, errors.New("the name is empty"))
	}
	if !semanticVersion.MatchString(d.Version) {
		wrong = append(wrong, fmt.Errorf("the version %q is no semantic version such as 1.0.0", d.Version))
	}
	if len(d.ProductTypes) == 0 {
		wrong = append(wrong, errors.New("there is no product type"))
	}
	for _, t := range d.ProductTypes {
		if !productType.MatchString(t) {
			wrong = append(wrong, fmt.Errorf("the product type %q is not of lower-case letters, digits and dashes", t))
		}
	}
	return errors.Join(append(wrong, abilities(d)...)...)
}

func abilities(d sdk.Description) []error {
	known := []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanCollectUsage, sdk.CanInventory}
	var wrong []error
	for _, a := range d.Abilities {
		if !slices.Contains(known, a) {
			wrong = append(wrong, fmt.Errorf("the ability %q is not one of the contract's", a))
		}
	}
	if slices.Contains(d.Abilities, sdk.CanCollectUsage) && len(d.Meters) == 0 {
		wrong = append(wrong, errors.New("it collects usage and names no meter"))
	}
	return wrong
}

func health(ctx context.Context, r *run) error {
	h, err := r.Provider.Health(ctx, r.Subscription.Settings)
	if err != nil {
		return fmt.Errorf("Health of the settings: %w", err)
	}
	if !h.OK {
		return fmt.Errorf("the settings are said not to work: %s", h.Message)
	}
	empty, err := r.Provider.Health(ctx, json.RawMessage(`{}`))
	switch {
	case err == nil && empty.OK:
		return errors.New("settings with nothing in them are said to work")
	case err == nil && empty.Message == "":
		return errors.New("settings with nothing in them do not work, and no message says why")
	}
	r.remark = h.Message
	return nil
}

func validate(ctx context.Context, r *run) error {
	settings := sdk.Subscription{Settings: r.Subscription.Settings}
	for what, sub := range map[string]sdk.Subscription{"the valid subscription": r.Subscription, "settings alone": settings} {
		problems, err := r.Provider.Validate(ctx, sdk.Check{Subscription: sub})
		if err != nil {
			return fmt.Errorf("Validate of %s: %w", what, err)
		}
		if len(problems) > 0 {
			return fmt.Errorf("%s: %s: %s; it should be right", what, problems[0].Field, problems[0].Message)
		}
	}
	wrong := r.Subscription
	wrong.Plan = r.InvalidPlan
	problems, err := r.Provider.Validate(ctx, sdk.Check{Subscription: wrong})
	if err != nil {
		return fmt.Errorf("Validate of the invalid plan: %w; problems come back as fields, not as an error", err)
	}
	if len(problems) == 0 {
		return errors.New("nothing is said to be wrong with the invalid plan")
	}
	for _, p := range problems {
		top, _, _ := strings.Cut(p.Field, ".")
		if !slices.Contains([]string{"settings", "product", "plan", "parameters"}, top) || p.Message == "" {
			return fmt.Errorf("the problem {%q, %q} has not both a message and a field under settings, product, plan or parameters", p.Field, p.Message)
		}
	}
	return nil
}
