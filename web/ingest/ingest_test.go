package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/core/usage/usagetest"
	"github.com/fondaco/fondaco/web/ingest"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)

// bundle is a shop with a subscription and the handler on a real server.
type bundle struct {
	*usagetest.Shop
	db       *store.DB
	clock    *clock.Manual
	usage    *usage.Service
	registry *prometheus.Registry
	log      *bytes.Buffer
	url      string
	sub      int64
}

func each(t *testing.T, run func(t *testing.T, b *bundle)) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, dbURL string) { run(t, setup(t, dbURL)) })
}

func setup(t testing.TB, dbURL string) *bundle {
	t.Helper()
	b := &bundle{clock: clock.NewManual(noon), registry: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	var err error
	b.db, err = store.Open(t.Context(), store.Config{URL: dbURL, Clock: b.clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.db.Close() })
	b.Shop = usagetest.NewShop(t, b.db, "rialto.test", true)
	b.sub, b.usage = b.Subscribe(t), usage.New(b.db)
	h, err := ingest.New(ingest.Config{Usage: b.usage, Provider: b.provider, Log: slog.New(slog.NewTextHandler(b.log, nil)), Registry: b.registry})
	require.NoError(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *bundle) provider(ctx context.Context, text secret.Text) (int64, int64, error) {
	var row struct {
		ID            int64 `db:"id"`
		MarketplaceID int64 `db:"marketplace_id"`
	}
	err := b.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		return tx.Get(ctx, "provider", &row, `SELECT id, marketplace_id FROM provider WHERE ingest_hash = ?`, secret.Hash(text))
	})
	return row.MarketplaceID, row.ID, err
}

// entry is a log entry of the subscription as Kong writes it.
func (b *bundle) entry(id string, at time.Time) map[string]any {
	name := fmt.Sprint(b.sub)
	return map[string]any{
		"request": map[string]any{"id": id, "method": "GET"}, "started_at": at.UnixMilli(), "source": "upstream",
		"response": map[string]any{"status": 200}, "latencies": map[string]any{"request": 12},
		"consumer": map[string]any{"username": name, "tags": []string{"fondaco", "fondaco-subscription-" + name}},
		"service":  map[string]any{"tags": []string{"fondaco", "fondaco-product-7"}},
		"route":    map[string]any{"tags": []string{"fondaco", "fondaco-endpoint-search"}},
	}
}

// refused makes e one that Kong answered itself.
func refused(e map[string]any, status int) map[string]any {
	e["source"], e["response"] = "kong", map[string]any{"status": status}
	return e
}

// entries returns the entries from..to-1, one a second back from noon.
func (b *bundle) entries(from, to int) []map[string]any {
	var all []map[string]any
	for i := from; i < to; i++ {
		all = append(all, b.entry(fmt.Sprintf("req-%05d", i), noon.Add(-time.Duration(i+1)*time.Second)))
	}
	return all
}

// post may run beside the test's own goroutine; 0 is no answer.
func (b *bundle) post(t testing.TB, text secret.Text, body []byte) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+text.Reveal())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(answer)
}

func (b *bundle) send(t testing.TB, entries ...map[string]any) {
	t.Helper()
	body, err := json.Marshal(entries)
	if err != nil {
		t.Error(err)
	}
	if status, answer := b.post(t, b.Secret, body); status != http.StatusNoContent {
		t.Errorf("answered %d: %s", status, answer)
	}
}

func (b *bundle) months(t *testing.T) []usage.Point {
	t.Helper()
	points, err := b.usage.Series(t.Context(), b.Operator, usage.SeriesInput{SubscriptionID: b.sub, From: noon.AddDate(-1, 0, 0), To: noon.AddDate(2, 0, 0), Step: usage.Month})
	require.NoError(t, err)
	return points
}

// total returns the billable calls and the refused ones.
func (b *bundle) total(t *testing.T) (calls usage.Quantity, refused int64) {
	t.Helper()
	for _, p := range b.months(t) {
		calls, refused = calls+p.Quantity, refused+p.Refused
	}
	return calls, refused
}

func (b *bundle) counted(t *testing.T, outcome string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == outcome {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestIngest_countsEachRequestOnceAcrossBatches(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.send(t, b.entries(0, 50)...)
		b.send(t, b.entries(0, 50)...)
		b.send(t, b.entries(25, 75)...)
		one, err := json.Marshal(b.entry("alone", noon))
		require.NoError(t, err)
		status, _ := b.post(t, b.Secret, one)
		require.Equal(t, http.StatusNoContent, status, "a bare entry, as Kong sends without batching")
		calls, _ := b.total(t)
		require.Equal(t, usage.Units(76), calls)
		require.Equal(t, []float64{76, 75}, []float64{b.counted(t, "accepted"), b.counted(t, "duplicate")})
		require.EqualValues(t, 4, b.counted(t, "204"))
	})
}

func TestIngest_countsOnceUnderConcurrentResends(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		var wg sync.WaitGroup
		for sender := range 6 {
			wg.Go(func() { b.send(t, b.entries(sender*20, sender*20+120)...) })
		}
		wg.Wait()
		calls, _ := b.total(t)
		require.Equal(t, usage.Units(220), calls)
	})
}

func TestIngest_billsOnlyWhatReachedTheVendor(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		nobody := refused(b.entry("401", noon), 401)
		delete(nobody, "consumer")
		failed := b.entry("500", noon)
		failed["response"] = map[string]any{"status": 500}
		b.send(t, b.entry("200", noon), failed, refused(b.entry("429", noon), 429), refused(b.entry("403", noon), 403), nobody)
		calls, refused := b.total(t)
		require.Equal(t, usage.Units(2), calls)
		require.EqualValues(t, 2, refused)
		require.EqualValues(t, 1, b.counted(t, "anonymous"))
		require.EqualValues(t, 4, b.Count(t, `SELECT COUNT(*) FROM usage_event WHERE marketplace_id = ?`))
		require.Zero(t, b.Count(t, `SELECT COUNT(*) FROM usage_stray WHERE marketplace_id = ?`))
	})
}

func TestIngest_keepsAnUnknownConsumersEntriesAsStrays(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		alice, gone := b.entry("a", noon), b.entry("b", noon)
		alice["consumer"] = map[string]any{"username": "alice", "tags": []string{"theirs"}}
		gone["consumer"] = map[string]any{"username": "999999", "tags": []string{"fondaco-subscription-999999"}}
		b.send(t, alice, gone, b.entry("c", noon))
		b.send(t, alice, gone, b.entry("c", noon))
		require.EqualValues(t, 2, b.Count(t, `SELECT COUNT(*) FROM usage_stray WHERE marketplace_id = ?`))
		require.EqualValues(t, 1, b.Count(t, `SELECT COUNT(*) FROM usage_stray WHERE body LIKE '%alice%' AND marketplace_id = ?`))
		require.EqualValues(t, 2, b.counted(t, "stray"))
		calls, _ := b.total(t)
		require.Equal(t, usage.Units(1), calls)
	})
}

func TestIngest_letsNobodyInWithoutTheSecret(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		body, err := json.Marshal(b.entries(0, 3))
		require.NoError(t, err)
		for _, text := range []secret.Text{"wrong-secret", ""} {
			status, answer := b.post(t, text, body)
			require.Equal(t, http.StatusUnauthorized, status)
			require.Contains(t, answer, "ingest secret")
			require.NotContains(t, answer+b.log.String(), "wrong-secret")
		}
		require.Empty(t, b.months(t))
	})
}

func TestIngest_aGatewayCountsOnlyInItsOwnMarketplace(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		elsewhere := usagetest.NewShop(t, b.db, "elsewhere.test", false)
		body, err := json.Marshal(b.entries(0, 3))
		require.NoError(t, err)
		status, _ := b.post(t, elsewhere.Secret, body)
		require.Equal(t, http.StatusNoContent, status)
		require.Empty(t, b.months(t))
		require.EqualValues(t, 3, elsewhere.Count(t, `SELECT COUNT(*) FROM usage_stray WHERE marketplace_id = ?`))
	})
}

func TestIngest_storesNothingOfABatchThatIsCutOff(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		body, err := json.Marshal(b.entries(0, 20))
		require.NoError(t, err)
		nameless := b.entry("", noon)
		broken, err := json.Marshal([]any{b.entry("ok", noon), nameless})
		require.NoError(t, err)
		for name, bad := range map[string][]byte{"errors": body[:len(body)/2], "body": nil, "request.id": broken, "JSON": []byte("hello")} {
			status, answer := b.post(t, b.Secret, bad)
			require.Equal(t, http.StatusBadRequest, status, name)
			require.Contains(t, answer, name)
			var p struct {
				Status int
				Detail string
				Errors []fault.Field
			}
			require.NoError(t, json.Unmarshal([]byte(answer), &p))
			require.Equal(t, 400, p.Status)
			require.NotEmpty(t, p.Detail)
			require.NotEmpty(t, p.Errors)
		}
		require.Empty(t, b.months(t))
		status, _ := b.post(t, b.Secret, body)
		require.Equal(t, http.StatusNoContent, status, "sent again as a whole it is taken")
	})
}

func TestIngest_refusesABodyOverItsLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t))
	body := append([]byte("["), bytes.Repeat([]byte(" "), ingest.MaxBody)...)
	status, answer := b.post(t, b.Secret, append(body, ']'))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Contains(t, answer, "16 MiB")
	res, err := http.Get(b.url)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
}

func TestIngest_asksForTheBatchAgainWhenTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t))
	body, err := json.Marshal(b.entries(0, 3))
	require.NoError(t, err)
	_, err = b.db.Writer().ExecContext(t.Context(), `ALTER TABLE usage_bucket RENAME TO usage_bucket_away`)
	require.NoError(t, err)
	status, answer := b.post(t, b.Secret, body)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotContains(t, answer, "usage_bucket")
	require.Zero(t, b.Count(t, `SELECT COUNT(*) FROM usage_event WHERE marketplace_id = ?`), "events and sums are stored together")
	_, err = b.db.Writer().ExecContext(t.Context(), `ALTER TABLE usage_bucket_away RENAME TO usage_bucket`)
	require.NoError(t, err)
	status, _ = b.post(t, b.Secret, body)
	require.Equal(t, http.StatusNoContent, status)
	calls, _ := b.total(t)
	require.Equal(t, usage.Units(3), calls)
}

func TestIngest_aLateBatchLandsInItsHourAndPeriod(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		october := time.Date(2026, 10, 31, 23, 59, 59, 999e6, time.UTC)
		period := b.Bill(t, b.sub, october.AddDate(0, -1, 0), october.Add(time.Millisecond))
		b.send(t, b.entry("late", october), b.entry("in time", october.Add(time.Millisecond)))
		points, err := b.usage.Series(t.Context(), b.Customer, usage.SeriesInput{SubscriptionID: b.sub, From: october.Add(-time.Hour), To: noon, Step: usage.Hour})
		require.NoError(t, err)
		require.Len(t, points, 2)
		require.Equal(t, time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC), points[0].Start)
		require.Equal(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), points[1].Start)
		require.EqualValues(t, 1, b.Count(t, `SELECT COUNT(*) FROM billed_period WHERE stale AND id = ? AND marketplace_id = ?`, period))
	})
}

func TestIngest_whatHappenedBeforeAClockMoveLandsBeforeIt(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		before := b.entry("before", b.clock.Now())
		b.clock.Advance(time.Second)
		b.InTx(t, func(ctx context.Context, tx *store.Tx) error { return tx.MoveClock(ctx, noon.AddDate(0, 1, 0)) })
		b.clock.Advance(time.Second)
		b.send(t, before, b.entry("after", b.clock.Now()))
		points := b.months(t)
		require.Len(t, points, 2)
		require.Equal(t, []time.Month{time.November, time.December}, []time.Month{points[0].Start.Month(), points[1].Start.Month()})
	})
}

func TestNew_namesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := ingest.New(ingest.Config{})
	require.ErrorContains(t, err, "required")
}
