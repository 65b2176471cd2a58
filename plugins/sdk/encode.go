package sdk

import (
	"math"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/fondaco/fondaco/plugins/sdk/pluginv1"
)

// each maps a slice; an empty one becomes nil, as it does on the wire.
func each[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

func encodeRequest(r Request) *pluginv1.Request {
	return &pluginv1.Request{Key: r.Key, Subscription: encodeSubscription(r.Subscription)}
}

func encodeSubscription(s Subscription) *pluginv1.Subscription {
	return &pluginv1.Subscription{
		Id:         s.ID,
		Settings:   s.Settings,
		Product:    s.Product,
		Plan:       s.Plan,
		Parameters: s.Parameters,
		Resources:  each(s.Resources, encodeResource),
	}
}

func encodeResource(r Resource) *pluginv1.Resource {
	return &pluginv1.Resource{Kind: r.Kind, Id: r.ID, Name: r.Name}
}

func encodeOwned(o Owned) *pluginv1.Owned {
	return &pluginv1.Owned{SubscriptionId: o.SubscriptionID, Resources: each(o.Resources, encodeResource)}
}

func encodeResult(r Result) *pluginv1.Result {
	return &pluginv1.Result{
		Resources: each(r.Resources, encodeResource),
		Credentials: each(r.Credentials, func(c Credential) *pluginv1.Credential {
			return &pluginv1.Credential{Name: c.Name, Label: c.Label, Value: c.Value, Secret: c.Secret}
		}),
		Endpoints: each(r.Endpoints, func(e Endpoint) *pluginv1.Endpoint {
			return &pluginv1.Endpoint{Identifier: e.Identifier, Method: e.Method, Url: e.URL}
		}),
	}
}

// encodeProgress keeps numbers inside 32 bits: progress is for people.
func encodeProgress(step, total int, text string) *pluginv1.Progress {
	return &pluginv1.Progress{Step: clamp32(step), Total: clamp32(total), Text: readable(text)}
}

func clamp32(n int) int32 { return int32(max(math.MinInt32, min(math.MaxInt32, n))) }

func encodeDescription(d Description) *pluginv1.DescribeResponse {
	return &pluginv1.DescribeResponse{
		Name:             d.Name,
		Version:          d.Version,
		ProductTypes:     d.ProductTypes,
		SettingsSchema:   d.SettingsSchema,
		ProductSchema:    d.ProductSchema,
		PlanSchema:       d.PlanSchema,
		ParametersSchema: d.ParametersSchema,
		Meters: each(d.Meters, func(m Meter) *pluginv1.Meter {
			return &pluginv1.Meter{Name: m.Name, Unit: m.Unit}
		}),
		Abilities: each(d.Abilities, func(a Ability) string { return string(a) }),
	}
}

func encodeObservation(o Observation) *pluginv1.ObserveResponse {
	return &pluginv1.ObserveResponse{
		State:     string(o.State),
		Resources: each(o.Resources, encodeResource),
		Differences: each(o.Differences, func(d Difference) *pluginv1.Difference {
			return &pluginv1.Difference{Kind: d.Kind, Subject: d.Subject, Want: d.Want, Have: d.Have}
		}),
	}
}

func encodeProblem(p Problem) *pluginv1.Problem {
	return &pluginv1.Problem{Field: p.Field, Message: p.Message}
}

func encodeUsage(u Usage) *pluginv1.Usage {
	return &pluginv1.Usage{EventId: u.EventID, Meter: u.Meter, Quantity: u.Quantity, At: timestamppb.New(u.At)}
}
