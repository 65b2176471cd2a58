// Package sandbox is an in-memory double of an OpenStack cloud, for tests and
// the demo: the parts of Keystone, Nova, Cinder, Neutron, Glance and Gnocchi
// that plugins/openstack and its tenants use. README.md says what it owns and
// where it differs.
package sandbox
