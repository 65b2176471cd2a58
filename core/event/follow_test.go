package event_test

import (
	"slices"
	"testing"

	"github.com/fondaco/fondaco/core/event"
	"github.com/stretchr/testify/require"
)

func TestFollower_givesEachEventOnceThoughSomeAreCommittedLate(t *testing.T) {
	t.Parallel()
	var committed []int64
	read := func(after int64) (found []event.Event, err error) {
		slices.Sort(committed)
		for _, id := range committed {
			if id > after {
				found = append(found, event.Event{ID: id})
			}
		}
		return found, nil
	}
	f := event.From(10)
	next := func() (ids []int64) {
		found, err := f.Next(read)
		require.NoError(t, err)
		for _, e := range found {
			ids = append(ids, e.ID)
		}
		return ids
	}
	committed = []int64{9, 10, 14}
	require.Equal(t, []int64{14}, next())
	require.Empty(t, next())
	committed = append(committed, 11) // its transaction took longer
	require.Equal(t, []int64{11}, next())
	committed = append(committed, 12)
	require.Equal(t, []int64{12}, next())
	committed = append(committed, 13, 15)
	require.Equal(t, []int64{13, 15}, next())
	require.Empty(t, next())
}
