package kong

import "time"

// SetProbeTime changes how long a call waits for the proxy.
func (p *Provider) SetProbeTime(d time.Duration) { p.probeFor = d }

// GiveUpAfter bounds one call to the Admin API.
func (p *Provider) GiveUpAfter(d time.Duration) { p.patience = d }
