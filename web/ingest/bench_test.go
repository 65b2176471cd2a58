package ingest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/fondaco/fondaco/core/store"
	"github.com/stretchr/testify/require"
)

// BenchmarkIngest measures log entries per second through HTTP into SQLite,
// each batch durable before the next, in batches of Kong's and of a catch-up.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{50, 1000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			url := filepath.Join(b.TempDir(), "bench.db")
			migrate(b, url)
			s := setup(b, url)
			sent := 0
			for b.Loop() {
				b.StopTimer()
				body, err := json.Marshal(s.entries(sent, sent+size))
				require.NoError(b, err)
				sent += size
				b.StartTimer()
				status, answer := s.post(b, s.Secret, body)
				require.Equal(b, http.StatusNoContent, status, answer)
			}
			b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func migrate(b *testing.B, url string) {
	b.Helper()
	db, err := store.Open(b.Context(), store.Config{URL: url})
	require.NoError(b, err)
	require.NoError(b, db.Migrate(b.Context()))
	require.NoError(b, db.Close())
}
