package sdk

import "github.com/fondaco/fondaco/plugins/sdk/pluginv1"

func decodeRequest(r *pluginv1.Request) Request {
	return Request{Key: r.GetKey(), Subscription: decodeSubscription(r.GetSubscription())}
}

func decodeSubscription(s *pluginv1.Subscription) Subscription {
	return Subscription{
		ID:         s.GetId(),
		Settings:   s.GetSettings(),
		Product:    s.GetProduct(),
		Plan:       s.GetPlan(),
		Parameters: s.GetParameters(),
		Resources:  each(s.GetResources(), decodeResource),
	}
}

func decodeResource(r *pluginv1.Resource) Resource {
	return Resource{Kind: r.GetKind(), ID: r.GetId(), Name: r.GetName()}
}

func decodeResult(r *pluginv1.Result) Result {
	return Result{
		Resources: each(r.GetResources(), decodeResource),
		Credentials: each(r.GetCredentials(), func(c *pluginv1.Credential) Credential {
			return Credential{Name: c.GetName(), Label: c.GetLabel(), Value: c.GetValue(), Secret: c.GetSecret()}
		}),
		Endpoints: each(r.GetEndpoints(), func(e *pluginv1.Endpoint) Endpoint {
			return Endpoint{Identifier: e.GetIdentifier(), Method: e.GetMethod(), URL: e.GetUrl()}
		}),
	}
}

func decodeDescription(d *pluginv1.DescribeResponse) Description {
	return Description{
		Name:             d.GetName(),
		Version:          d.GetVersion(),
		ProductTypes:     each(d.GetProductTypes(), func(s string) string { return s }),
		SettingsSchema:   d.GetSettingsSchema(),
		ProductSchema:    d.GetProductSchema(),
		PlanSchema:       d.GetPlanSchema(),
		ParametersSchema: d.GetParametersSchema(),
		Meters: each(d.GetMeters(), func(m *pluginv1.Meter) Meter {
			return Meter{Name: m.GetName(), Unit: m.GetUnit()}
		}),
		Abilities: each(d.GetAbilities(), func(a string) Ability { return Ability(a) }),
	}
}

func decodeObservation(o *pluginv1.ObserveResponse) Observation {
	return Observation{
		State:     State(o.GetState()),
		Resources: each(o.GetResources(), decodeResource),
		Differences: each(o.GetDifferences(), func(d *pluginv1.Difference) Difference {
			return Difference{Kind: d.GetKind(), Subject: d.GetSubject(), Want: d.GetWant(), Have: d.GetHave()}
		}),
	}
}

func decodeOwned(o *pluginv1.Owned) Owned {
	return Owned{SubscriptionID: o.GetSubscriptionId(), Resources: each(o.GetResources(), decodeResource)}
}

func decodeProblem(p *pluginv1.Problem) Problem {
	return Problem{Field: p.GetField(), Message: p.GetMessage()}
}

// decodeUsage gives the time in UTC.
func decodeUsage(u *pluginv1.Usage) Usage {
	return Usage{EventID: u.GetEventId(), Meter: u.GetMeter(), Quantity: u.GetQuantity(), At: u.GetAt().AsTime()}
}
