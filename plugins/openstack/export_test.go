package openstack

import "time"

// SetTimes changes how long one call, a pause and the wait for deletions take.
func (p *Provider) SetTimes(call, pause, patience time.Duration) {
	p.times = times{call, pause, patience}
}

// ShareKeys makes the provider use another's keyring: a hundred providers in
// one test need not stretch one seed a hundred times.
func (p *Provider) ShareKeys(with *Provider) { p.keyring = with.keyring }
