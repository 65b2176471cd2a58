package sdk_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestMessageOf_isForPeopleOnly(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp: secret")
	require.Equal(t, "Try later.", sdk.MessageOf(fmt.Errorf("somewhere: %w", sdk.Transient(cause, "Try later.")), "otherwise"))
	require.Equal(t, "otherwise", sdk.MessageOf(cause, "otherwise"))
}

func TestOrSilent_canBeCalled(t *testing.T) {
	t.Parallel()
	var nobody sdk.Progress
	require.NotPanics(t, func() { nobody.OrSilent()(1, 2, "text") })
	steps := 0
	sdk.Progress(func(step, _ int, _ string) { steps = step }).OrSilent()(1, 2, "text")
	require.Equal(t, 1, steps)
}
