package recent_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/recent"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestMap_keepsAValueForItsTimeAndNoLonger(t *testing.T) {
	t.Parallel()
	m := recent.New[string, int](10, time.Minute)
	m.Put("seven", 7, noon)
	got, ok := m.Get("seven", noon.Add(time.Minute-1))
	require.True(t, ok)
	require.Equal(t, 7, got)
	got, ok = m.Get("seven", noon.Add(time.Minute))
	require.False(t, ok)
	require.Zero(t, got)
	_, ok = m.Get("eight", noon)
	require.False(t, ok)
}

func TestMap_thatIsFullDropsWhatIsOverFirst(t *testing.T) {
	t.Parallel()
	m := recent.New[int, string](2, time.Minute)
	m.Put(1, "old", noon)
	m.Put(2, "young", noon.Add(50*time.Second))
	m.Put(3, "new", noon.Add(time.Minute))
	_, ok := m.Get(1, noon.Add(time.Minute))
	require.False(t, ok)
	for _, key := range []int{2, 3} {
		_, ok := m.Get(key, noon.Add(time.Minute))
		require.True(t, ok, "%d", key)
	}
}

func TestMap_holdsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	m := recent.New[int, int](8, time.Hour)
	for i := range 100 {
		m.Put(i, i, noon)
	}
	held := 0
	for i := range 100 {
		if _, ok := m.Get(i, noon); ok {
			held++
		}
	}
	require.LessOrEqual(t, held, 8)
	_, ok := m.Get(99, noon)
	require.True(t, ok, "the newest is there")
}

func TestMap_isUsedByManyAtOnce(t *testing.T) {
	t.Parallel()
	m := recent.New[int, int](8, time.Hour)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			m.Put(i, i, noon)
			if got, ok := m.Get(i, noon); ok && got != i {
				t.Errorf("%d became %d", i, got)
			}
		})
	}
	all.Wait()
}
