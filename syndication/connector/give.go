package connector

import (
	"context"

	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/subscription"
)

func (s *server) setEndpoints(ctx context.Context, c *call) (answer, error) {
	var in []struct{ Endpoint, Name, Category, Description string }
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	all := make([]fulfilment.EndpointInput, len(in))
	for i, e := range in {
		if e.Category == "" {
			e.Category = e.Name // its old name
		}
		all[i] = fulfilment.EndpointInput{URL: e.Endpoint, Category: fulfilment.Category(e.Category), Description: e.Description}
	}
	return done(s.Fulfilment.SetEndpoints(ctx, c.actor, id, all))
}

func (s *server) setInstructions(ctx context.Context, c *call) (answer, error) {
	var in map[string]string
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	return done(s.Fulfilment.SetInstructions(ctx, c.actor, id, in))
}

func (s *server) setCredentials(ctx context.Context, c *call) (answer, error) {
	var in []struct {
		Key, Value  string
		Description map[string]string
		Weight      int
	}
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	all := make([]fulfilment.CredentialInput, len(in))
	for i, k := range in {
		all[i] = fulfilment.CredentialInput{Key: k.Key, Value: secret.Text(k.Value), Description: k.Description, Weight: k.Weight}
	}
	return done(s.Fulfilment.SetCredentials(ctx, c.actor, id, all))
}

// idAnd reads the {id} of the path and the body into v.
func (c *call) idAnd(v any) (int64, error) {
	id, err := c.id()
	if err != nil {
		return 0, err
	}
	return id, c.read(v)
}

func (s *server) subscriptionMetadata(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	m, err := s.Subscriptions.Metadata(ctx, c.actor, id)
	return ok(m), err
}

// putSubscriptionMetadata puts the body's keys beside those there are, and
// answers all.
func (s *server) putSubscriptionMetadata(ctx context.Context, c *call) (answer, error) {
	var in subscription.Metadata
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	m, err := s.Subscriptions.PutMetadata(ctx, c.actor, id, in)
	return ok(m), err
}

func (s *server) deleteSubscriptionMetadata(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	return done(s.Subscriptions.DeleteMetadata(ctx, c.actor, id, c.param("key")))
}
