// Package arch holds the rules of the code as tests: which package may import
// which, no global state, no clock but core/clock, no file that grew too
// long, no exported name without a comment. It has no code of its own; each
// exception stands in allow_test.go with its reason.
package arch
