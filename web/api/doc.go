// Package api is the REST API under /api/v1 and its documentation. Handlers
// decode, call one service method and encode; they decide nothing.
package api
