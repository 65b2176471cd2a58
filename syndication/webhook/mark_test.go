package webhook_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/event"
	"github.com/stretchr/testify/require"
)

func TestMark_changesWithTheActorsDeliveriesAndWithNobodyElses(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		before, err := s.webhook.Mark(t.Context(), s.vendor)
		require.NoError(t, err)
		stranger, err := s.webhook.Mark(t.Context(), s.customer)
		require.NoError(t, err)
		s.tell(t, sub, event.Created)
		d := s.settled(t, 1)[0]
		after, err := s.webhook.Mark(t.Context(), s.vendor)
		require.NoError(t, err)
		require.NotEqual(t, before, after)
		require.Equal(t, d.ID, after.Newest)
		require.EqualValues(t, 1, after.Attempts)
		require.Zero(t, after.Waiting)
		same, err := s.webhook.Mark(t.Context(), s.customer)
		require.NoError(t, err)
		require.Equal(t, stranger, same)
	})
}
