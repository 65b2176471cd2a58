// Package pluginv1 is generated from provider.proto: the wire form of the
// plugin contract. Plugin authors in Go use package sdk instead.
package pluginv1

//go:generate ../proto/generate.sh
