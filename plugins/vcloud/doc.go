// Package vcloud makes sold clouds real in VMware Cloud Director (vCloud
// Director): an organization with an administrator, a virtual data centre with
// exactly the bought limits, and addresses on an edge gateway. README.md says how.
package vcloud
