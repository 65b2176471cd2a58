// Package server listens: one public listener for the marketplace's handler,
// and one admin listener for /healthz, /readyz and /metrics, which the public
// one never answers. It owns sockets, timeouts, limits, a graceful stop and
// the metrics registry; it knows no noun and no route of the product.
package server
