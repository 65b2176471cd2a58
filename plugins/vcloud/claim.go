package vcloud

import (
	"encoding/json"
	"strings"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// claim is a request's idempotency key with what it stands for. It is kept
// with the organization, so it survives this process and is there for others.
type claim struct{ entry, prefix string }

// newClaim hashes what makes two requests the same: the operation, the
// subscription, its plan and its parameters. Not the settings: an operator who
// changes a password must not turn a retry into a conflict.
func newClaim(operation string, req sdk.Request) (claim, error) {
	if req.Key == "" {
		return claim{}, sdk.Permanent("The request has no idempotency key.")
	}
	sub := req.Subscription
	content := canonical([]any{operation, sub.ID, orNull(sub.Plan), orNull(sub.Parameters)})
	prefix := short(req.Key) + "-"
	return claim{entry: prefix + short(content), prefix: prefix}, nil
}

// orNull is a document, null when it is absent.
func orNull(raw json.RawMessage) json.RawMessage {
	if blank(raw) {
		return json.RawMessage("null")
	}
	return raw
}

// known tells whether this very request was made before; another content
// under the same key is a conflict.
func (c claim) known(m marks) (bool, error) {
	for _, entry := range m.requests {
		if entry == c.entry {
			return true, nil
		}
		if strings.HasPrefix(entry, c.prefix) {
			return false, sdk.Conflict("This idempotency key was used for a different request. Use a new key.")
		}
	}
	return false, nil
}

// claim writes the claim on the organization before anything else changes.
func (w *work) claim(t *tenant, c claim, removing bool) error {
	known, err := c.known(t.marks)
	if err != nil {
		return err
	}
	if known && t.marks.kept && t.marks.removing == removing {
		return nil
	}
	if !known {
		t.marks.requests = append(t.marks.requests, c.entry)
		t.marks.requests = t.marks.requests[max(0, len(t.marks.requests)-maxRequests):]
	}
	t.marks.removing = removing
	if err := w.keep(t); err != nil {
		return err
	}
	t.marks.kept = true
	return nil
}
