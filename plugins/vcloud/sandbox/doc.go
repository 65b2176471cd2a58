// Package sandbox is an in-memory double of VMware Cloud Director: the calls
// of its XML and JSON APIs that the vcloud plugin's library makes, built of
// that library's own types, and the deeds of tenants and operators that a test
// or a demonstration needs. Time enters by a clock; nothing real is started.
package sandbox
