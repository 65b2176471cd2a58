package openstack

import "time"

// SetTimes changes how long one call, a pause and the wait for deletions take.
func (p *Provider) SetTimes(call, pause, patience time.Duration) {
	p.times = times{call, pause, patience}
}
