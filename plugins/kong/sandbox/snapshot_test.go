package sandbox_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/kong/sandbox"
)

// serve answers g's Admin API for the length of the test.
func serve(t *testing.T, g *sandbox.Gateway) string {
	t.Helper()
	s := httptest.NewServer(g.Admin())
	t.Cleanup(s.Close)
	return s.URL
}

func TestSnapshot_keepsEntitiesAndCountersOverARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	keep := func(c *sandbox.Config) { c.Snapshot = path }
	first := setup(t, keep)
	id := first.limited(`{"month":5,"policy":"cluster"}`)
	first.call("/r", "apikey", "k")
	first.call("/r", "apikey", "k")
	require.NoError(t, first.gateway.Close())

	second := setup(t, keep)
	require.Equal(t, 2, second.remaining("Month"))
	require.Equal(t, 5.0, second.must("GET", "/plugins/"+id, "")["config"].(map[string]any)["month"])
}

func TestSnapshot_holdsEveryAcknowledgedWriteWithoutClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	killed := setup(t, func(c *sandbox.Config) { c.Snapshot = path })
	killed.must("PUT", "/consumers/12", `{}`)
	key := killed.must("POST", "/consumers/12/key-auth", `{}`)["key"]

	again, err := sandbox.New(sandbox.Config{Snapshot: path, Clock: clock.NewManual(observed)})
	require.NoError(t, err)
	defer again.Close()
	b := &bundle{t: t, gateway: again, client: killed.client, admin: serve(t, again)}
	require.Equal(t, key, b.must("GET", "/consumers/12/key-auth", "")["data"].([]any)[0].(map[string]any)["key"])
}

func TestSnapshot_localPolicyForgetsItsCounters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	keep := func(c *sandbox.Config) { c.Snapshot = path }
	first := setup(t, keep)
	first.limited(`{"month":5,"policy":"local"}`)
	require.Equal(t, 4, first.remaining("Month"))
	require.NoError(t, first.gateway.Close())
	require.Equal(t, 4, setup(t, keep).remaining("Month"))
}

func TestNew_refusesASnapshotItCannotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	for _, content := range []string{`{"version":`, "{\"version\":7}\n", "{\"sandbox\":1}\nrubbish\n{}\n", "{\"sandbox\":1}\n{\"put\":\"moons\",\"entity\":{\"id\":\"1\"}}\n"} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := sandbox.New(sandbox.Config{Snapshot: path})
		require.ErrorContains(t, err, "gateway.json", content)
	}
}

func TestSnapshot_dropsOnlyALineThatWasCutOff(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	keep := func(c *sandbox.Config) { c.Snapshot = path }
	first := setup(t, keep)
	first.must("PUT", "/consumers/12", `{}`)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"put":"consumers","entity":{"id":"half`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	second := setup(t, keep)
	require.Len(t, second.must("GET", "/consumers", "")["data"], 1)
	second.must("PUT", "/consumers/13", `{}`)
	require.Len(t, setup(t, keep).must("GET", "/consumers", "")["data"], 2)
}

func TestSnapshot_keepsTheOrderOfConcurrentWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	keep := func(c *sandbox.Config) { c.Snapshot = path }
	first := setup(t, keep)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20 {
				first.do("PUT", first.admin+"/consumers/same", fmt.Sprintf(`{"tags":["%d-%d"]}`, i, n))
				if n%5 == i%5 {
					first.do("DELETE", first.admin+"/consumers/same", "")
				}
			}
		})
	}
	wg.Wait()
	want := first.must("GET", "/consumers", "")
	require.Equal(t, want, setup(t, keep).must("GET", "/consumers", ""))
}
