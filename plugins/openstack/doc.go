// Package openstack sells tenants of OpenStack clouds: a project and a user
// with exactly the quotas that were bought, or with everything that runs in it
// metered. README.md says what each sale becomes and why.
package openstack
