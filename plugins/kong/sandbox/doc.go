// Package sandbox is an in-memory double of one Kong Gateway node, for tests
// and the demo: the part of the Admin API that plugins/kong uses, and a proxy
// with Kong's behaviour. README.md says what it owns and where it differs.
package sandbox
