package provision

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestGate_letsInByPriorityThenByArrivalAndNeverTooMany(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		g := newGate(limit)
		for range limit {
			require.NoError(t, g.enter(context.Background(), ForCustomers))
		}
		want := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 20).Draw(t, "priorities")
		in := make(chan int, len(want))
		for i, p := range want {
			go func() {
				_ = g.enter(context.Background(), Priority(p))
				in <- p
			}()
			for _, waiting := g.count(); waiting <= i; _, waiting = g.count() {
				runtime.Gosched()
			}
		}
		var got []int
		for range want {
			g.leave()
			got = append(got, <-in)
			inside, _ := g.count()
			require.Equal(t, limit, inside)
		}
		slices.Sort(want)
		require.Equal(t, want, got)
	})
}

func TestGate_whoGivesUpTakesNoPlace(t *testing.T) {
	t.Parallel()
	g := newGate(1)
	require.NoError(t, g.enter(t.Context(), ForBilling))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, g.enter(gone, ForCustomers), context.Canceled)
	g.leave()
	inside, waiting := g.count()
	require.Zero(t, inside+waiting)
	require.NoError(t, g.enter(t.Context(), ForBilling))
}

func TestGate_growsWhileOthersWait(t *testing.T) {
	t.Parallel()
	g := newGate(1)
	require.NoError(t, g.enter(t.Context(), ForBilling))
	in := make(chan error)
	go func() { in <- g.enter(context.Background(), ForReconciliation) }()
	g.resize(2)
	require.NoError(t, <-in)
}

func TestLaneKey_namesItsQueueInTheQueuesAlphabet(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, cloud := range []string{"", "main", "Main", "a b", "ä", "region-1", "region_1"} {
		name := laneKey{7, cloud}.queue()
		require.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)*$`, name)
		require.False(t, seen[name], name)
		seen[name] = true
	}
}

func TestTidy_makesAnyTextFitForADatabase(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a\uFFFDb", Tidy("a\xffb\x00 "))
	require.Len(t, []rune(Tidy(string(make([]rune, 4000))+string(slices.Repeat([]rune("ä"), 4000)))), longest)
}
