package connector_test

import (
	"testing"

	"github.com/fondaco/fondaco/syndication/connector"
	"github.com/stretchr/testify/require"
)

func TestRoutes_noCallIsInTwoTables(t *testing.T) {
	t.Parallel()
	seen := map[[2]string]bool{}
	for _, call := range connector.Calls() {
		require.False(t, seen[call], "%v stands twice: the second would take its place", call)
		seen[call] = true
	}
}
