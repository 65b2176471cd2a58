package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/fondaco/fondaco/core/secret"
)

// Configuration opens what the product's plugin wants to know, secrets in
// clear: for the plugin, never to be shown.
func (s *Service) Configuration(p Product) (json.RawMessage, error) {
	if len(p.ConfigurationSealed) == 0 {
		return json.RawMessage(`{}`), nil
	}
	text, err := s.box.Open(sealConfiguration, p.ConfigurationSealed)
	if err != nil {
		return nil, fmt.Errorf("product %d: %w", p.ID, err)
	}
	return json.RawMessage(text.Reveal()), nil
}

// configure seals the configuration of the input, and keeps beside it what may
// be shown.
func (s *Service) configure(p *Product, in ProductInput) {
	p.Configuration, p.ConfigurationSealed = "{}", nil
	if in.kind.ProductSchema == nil || emptyDocument(in.Configuration) {
		return
	}
	p.Configuration = string(in.kind.ProductSchema.Redact(in.Configuration))
	p.ConfigurationSealed = s.box.Seal(sealConfiguration, secret.Text(in.Configuration))
}

// keepSecrets is the input's configuration with the secrets that it leaves out.
func (s *Service) keepSecrets(p Product, in ProductInput) (json.RawMessage, error) {
	if in.kind.ProductSchema == nil {
		return in.Configuration, nil
	}
	old, err := s.Configuration(p)
	return in.kind.ProductSchema.Merge(old, in.Configuration), err
}
