// Package sdk is the public contract between Fondaco and its provisioning
// plugins. A plugin is an executable that implements Provider and calls Serve;
// the marketplace starts it, speaks gRPC with it and stops it.
//
// A whole plugin is
//
//	func main() { sdk.Serve(&Provider{}) }
//
// with a Provider that makes subscriptions exist in some other system:
// Provision, Update, Suspend, Resume and Deprovision change it, Observe,
// Inventory, CollectUsage and Health look at it, Describe and Validate need no
// more than the plugin itself. `fondaco plugin new` writes one to begin with,
// package conformance tests one, and docs/plugin-author-guide.md tells the way.
//
// The marketplace repeats a call whose answer it has not heard, on a new
// process too, with the same Request.Key. Everything in the contract follows
// from that: remember the key in the foreign system, compare what is there with
// what should be, change the difference.
//
// The package is a leaf: it imports nothing else of the project, so that plugin
// authors pull in nothing but this.
package sdk
