package openstack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Health logs in to each cloud and says, cloud by cloud, what is there and
// what is wrong.
func (p *Provider) Health(ctx context.Context, raw json.RawMessage) (sdk.Health, error) {
	if document.Blank(raw) {
		return sdk.Health{Message: "There are no settings yet."}, nil
	}
	s, problems := parse(sdk.Subscription{Settings: raw})
	if len(problems) > 0 {
		return sdk.Health{Message: problems.Sentence()}, nil
	}
	out := sdk.Health{OK: true}
	var lines []string
	for _, name := range s.settings.names() {
		line, err := p.examine(ctx, s.settings, name)
		if err != nil {
			out.OK, line = false, sdk.MessageOf(err, "The cloud did not answer as expected.")
		}
		lines = append(lines, line)
	}
	out.Message = strings.Join(lines, " ")
	return out, nil
}

// examine looks at one cloud with a token of its own: what is remembered may
// be of yesterday.
func (p *Provider) examine(ctx context.Context, all settings, name string) (string, error) {
	s, err := p.connect(ctx, all, name)
	if err != nil {
		return "", err
	}
	if err := s.lookUp(ctx); err != nil {
		return "", err
	}
	w := &work{session: s, sale: sale{settings: all, cloud: s.config}, provider: p}
	if _, err := w.identity.get(ctx, "projects?tags="+query(all.Mark), new(any)); err != nil {
		return "", s.wrap(err, "listing projects")
	}
	if s.config.Region != "" {
		if _, err := s.region(s.config.Region); err != nil {
			return "", err
		}
	}
	var regions []string
	for _, name := range s.regions() {
		line, err := s.examineRegion(ctx, name)
		if err != nil {
			return "", err
		}
		regions = append(regions, line)
	}
	return fmt.Sprintf("Cloud %s at %s: %s.", name, s.config.AuthURL, strings.Join(regions, "; ")), nil
}

// examineRegion asks each service that tenants are sold for the
// administrator's own quotas. A region without them is none to sell.
func (s *session) examineRegion(ctx context.Context, name string) (string, error) {
	r, err := s.region(name)
	if err != nil {
		return "", err
	}
	if err := r.sells(); err != nil {
		if name == s.config.Region {
			return "", err
		}
		return "region " + name + " has not all services", nil
	}
	if _, err := r.readQuotas(ctx, s.project); err != nil {
		return "", err
	}
	if err := s.examineExternal(ctx, r); err != nil {
		return "", err
	}
	services := []string{compute, volume, network}
	for _, more := range []string{image, metric} {
		if r.offers(more) {
			services = append(services, more)
		}
	}
	return "region " + name + " with " + strings.Join(services, ", "), nil
}

func (s *session) examineExternal(ctx context.Context, r *region) error {
	id := s.config.ExternalNetwork
	if id == "" || r.region != s.config.Region {
		return nil
	}
	var answer map[string]object
	err := r.get(ctx, network, "v2.0/networks/"+segment(id), &answer)
	if isGone(err) || err == nil && answer["network"]["router:external"] != true {
		return sdk.Permanent("%s has no external network %q. Correct settings.clouds.%s.externalNetwork.", r.place(), id, s.name)
	}
	return s.wrap(err, "looking at the external network")
}
