// Package document reads the JSON documents that a plugin gets with each call
// (settings, product, plan, parameters), collects what is wrong with them by
// field, keeps their secrets out of messages and hashes them.
//
//	var s settings
//	var found document.Problems
//	if found.Decode("settings", sub.Settings, &s) {
//		found.That(s.Mark != "", "settings.mark", "Give a mark.")
//	}
//	return found, nil // from Validate; in other calls found.Err()
//
// It is for plugins written in Go, the bundled ones and those of others, and
// imports nothing of the project but plugins/sdk.
package document
