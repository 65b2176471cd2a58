// Package price says what a plan costs: Terms are its fixed part (setup and
// recurring price, period, timing, trial) and a Charge is the price of one
// metered quantity.
//
// Owns: the charge models and their policies, their JSON, and Validate, which
// names every wrong field. Does not own: the arithmetic (pricing/rating), what
// is measured (core/usage), or where prices are stored (core/catalog).
//
// The required tags tell the OpenAPI description what input may leave out.
//
// Pure: no clock, no database.
package price
