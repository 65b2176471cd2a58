// Package idempotency turns the key of a request, with what it stands for, into
// a short text that a plugin keeps in the foreign system, as a tag or in a
// description, and recognises there: the same key with the same content is the
// same request, with other content it is a conflict.
//
//	claim, err := idempotency.NewClaim("provision", req)
//	...
//	known, err := claim.Known(tags, "acme-request-")
//	if !known {
//		tags = append(tags, "acme-request-"+claim.String())
//	}
//
// It is for plugins written in Go, the bundled ones and those of others. The
// texts stand in other people's clouds: how they are made never changes.
package idempotency

import (
	"encoding/json"
	"strings"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Claim is a request's idempotency key with what it stands for, both hashed.
type Claim struct{ key, content string }

// NewClaim hashes what makes two requests the same: the operation, the
// subscription, its plan and its parameters, and what else the plugin names as
// the subject, such as the product's number. Not the settings: an operator who
// changes a password must not turn a retry into a conflict. A request without
// a key is a permanent error.
func NewClaim(operation string, req sdk.Request, subject ...any) (Claim, error) {
	if req.Key == "" {
		return Claim{}, sdk.Permanent("The request has no idempotency key.")
	}
	content := append([]any{operation, req.Subscription.ID}, subject...)
	content = append(content, orNull(req.Subscription.Plan), orNull(req.Subscription.Parameters))
	return Claim{document.Fingerprint(req.Key), document.Fingerprint(document.Canonical(content))}, nil
}

// orNull is a document, null when it is absent.
func orNull(raw json.RawMessage) json.RawMessage {
	if document.Blank(raw) {
		return json.RawMessage("null")
	}
	return raw
}

// String is what to keep: letters, digits and a hyphen. A plugin may put a
// prefix of its own before it, and a hyphen with more behind it.
func (c Claim) String() string { return c.key + "-" + c.content }

// Known tells whether this very request is among what was kept with the
// prefix; entries without the prefix do not count. Another content under the
// same key is sdk.Conflict.
func (c Claim) Known(kept []string, prefix string) (bool, error) {
	for _, entry := range kept {
		rest, ok := strings.CutPrefix(entry, prefix+c.key+"-")
		if !ok {
			continue
		}
		if content, _, _ := strings.Cut(rest, "-"); content == c.content {
			return true, nil
		}
		return false, sdk.Conflict("This idempotency key was used for a different request. Use a new key.")
	}
	return false, nil
}
