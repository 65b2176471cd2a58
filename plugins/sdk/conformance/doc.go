// Package conformance is the battery that every provisioning plugin passes. It
// asks only what the contract in package sdk promises, and takes a provider in
// the same process and a plugin's executable alike.
//
// In a Go test:
//
//	conformance.Run(t, conformance.Subject{Provider: p, Subscription: sub})
//
// Anywhere else Verify gives a Report, which is what `fondaco plugin test`
// prints. What a check needs and the subject does not have leaves the check
// out, and the report says so.
package conformance
