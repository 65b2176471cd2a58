package vcloud

import (
	"github.com/fondaco/fondaco/plugins/idempotency"
)

// claim writes the claim on the organization before anything else changes.
func (w *work) claim(t *tenant, c idempotency.Claim, removing bool) error {
	known, err := c.Known(t.marks.requests, "")
	if err != nil {
		return err
	}
	if known && t.marks.kept && t.marks.removing == removing {
		return nil
	}
	if !known {
		t.marks.requests = append(t.marks.requests, c.String())
		t.marks.requests = t.marks.requests[max(0, len(t.marks.requests)-maxRequests):]
	}
	t.marks.removing = removing
	if err := w.keep(t); err != nil {
		return err
	}
	t.marks.kept = true
	return nil
}
