package arch_test

import (
	"path"
	"strings"
)

// testOnly names packages that only tests import: they may do what tests do.
func testOnly(dir string) bool {
	base := path.Base(dir)
	return strings.HasSuffix(base, "test") || dir == "plugins/sdk/conformance" || dir == "internal/journey" || dir == "internal/connectors"
}

// allowedImport lists imports against the rules, each with its reason.
func allowedImport(from, to string) bool {
	reasons := map[[2]string]string{
		{"syndication/connector", "web/problem"}: "an HTTP face like those under web: one request id, one access log, one status for a fault",
	}
	return reasons[[2]string{from, to}] != ""
}

// allowedTime lists files and folders that read the machine's time, each with its reason.
func allowedTime(file string) bool {
	reasons := map[string]string{
		"core/clock/clock.go":           "it is the clock",
		"core/jobs/worker.go":           "the next try's time: the queue runs on real time",
		"plugins/kong/sandbox/admin.go": "measures a latency header, as Kong does",
		"plugins/kong/sandbox/proxy.go": "measures latency headers and log entries, as Kong does",
		"internal/bench":                "measures",
		"plugins/example":               "a plugin of strangers, who have no clock of ours",
		"syndication/connector/example": "a vendor's own system, which has no clock of ours",
	}
	return reasons[file] != "" || reasons[path.Dir(file)] != ""
}

// allowedGlobal lists package-level vars that look changeable, each with the
// reason why it is not, or why it must be.
func allowedGlobal(file, name string) bool {
	reasons := map[[2]string]string{
		{"web/api/docs.go", "docsTemplate"}: "a template parsed from constants",
		{"internal/bench/main.go", "quiet"}: "a logger that discards everything",
	}
	return reasons[[2]string{file, name}] != ""
}
