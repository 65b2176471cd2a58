package vcloud

import "time"

// SetPace changes how long calls and tasks may take.
func (p *Provider) SetPace(call, look, patience time.Duration) {
	p.pace = pace{call: call, look: look, patience: patience}
}
