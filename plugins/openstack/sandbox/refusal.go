package sandbox

import (
	"fmt"
	"net/http"
)

// identityRefusal is in Keystone's form, which the others' middleware has too.
func identityRefusal(status int, format string, args ...any) *refusal {
	return &refusal{status: status, body: object{"error": object{"code": status, "message": fmt.Sprintf(format, args...), "title": http.StatusText(status)}}}
}

func forbiddenIdentity(action string) *refusal {
	return identityRefusal(http.StatusForbidden, "You are not authorized to perform the requested action: %s.", action)
}

// named is the form of Nova and Cinder.
func named(status int, format string, args ...any) *refusal {
	name := map[int]string{400: "badRequest", 403: "forbidden", 404: "itemNotFound", 409: "conflictingRequest", 413: "overLimit"}[status]
	body := object{"code": status, "message": fmt.Sprintf(format, args...)}
	no := &refusal{status: status, body: object{name: body}}
	if status == http.StatusRequestEntityTooLarge {
		body["retryAfter"] = "0"
		no.header = map[string]string{"Retry-After": "0"}
	}
	return no
}

// policyRefusal is what a tenant gets that acts as an administrator.
func policyRefusal(rule string) *refusal {
	return named(http.StatusForbidden, "Policy doesn't allow %s to be performed.", rule)
}

// neutronRefusal is Neutron's form.
func neutronRefusal(status int, kind, format string, args ...any) *refusal {
	return &refusal{status: status, body: object{"NeutronError": object{"type": kind, "message": fmt.Sprintf(format, args...), "detail": ""}}}
}
