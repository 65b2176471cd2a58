package example

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// SetSpans moves the file's spans to the times between the given ones.
func SetSpans(t *testing.T, settings json.RawMessage, times ...time.Time) {
	t.Helper()
	file, c, err := open(settings)
	require.NoError(t, err)
	require.Len(t, c.Spans, len(times)-1)
	for i := range c.Spans {
		c.Spans[i].From, c.Spans[i].To = times[i], times[i+1]
	}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}
