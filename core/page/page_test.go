package page_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/page"
	"github.com/stretchr/testify/require"
)

func TestCut_walksTheWholeListOnce(t *testing.T) {
	all := []int64{9, 8, 7, 6, 5}
	var seen []int64
	req := page.Request{Limit: 2}
	for {
		before, err := req.Before()
		require.NoError(t, err)
		var rows []int64
		for _, id := range all {
			if id < before && len(rows) < req.Size()+1 {
				rows = append(rows, id)
			}
		}
		p := page.Cut(req, rows, func(id int64) int64 { return id })
		seen = append(seen, p.Items...)
		if p.Next == "" {
			break
		}
		req.Cursor = p.Next
	}
	require.Equal(t, all, seen)
}

func TestRequest_refusesAForeignCursor(t *testing.T) {
	_, err := page.Request{Cursor: "nonsense!"}.Before()
	require.ErrorContains(t, err, "cursor")
}

func FuzzRequest(f *testing.F) {
	f.Add("OQ")
	f.Fuzz(func(t *testing.T, cursor string) {
		id, err := page.Request{Cursor: cursor}.Before()
		if err == nil && id <= 0 {
			t.Fatalf("cursor %q gave id %d", cursor, id)
		}
	})
}
