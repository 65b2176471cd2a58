package sdk

import (
	"log/slog"
	"os"
)

// NewLog returns a logger whose lines the marketplace puts into its own log,
// with level and attributes kept: one JSON object per line on standard error,
// in hclog's field names. Call it before Serve, which takes over os.Stderr.
func NewLog(level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{
		Level:       level,
		ReplaceAttr: hclogField,
	}))
}

func hclogField(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.TimeKey:
		return slog.String("@timestamp", a.Value.Time().UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
	case slog.LevelKey:
		a.Key = "@level"
	case slog.MessageKey:
		a.Key = "@message"
	}
	return a
}
