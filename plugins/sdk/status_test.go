package sdk

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"
)

func TestErrors_surviveTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := &Error{
			Code:    rapid.SampledFrom([]Code{CodePermanent, CodeConflict, CodeNotYet, CodeTransient}).Draw(t, "code"),
			Message: rapid.StringN(0, 200, 1000).Draw(t, "message"),
		}
		if e.Code == CodeNotYet {
			e.RetryAfter = time.Duration(rapid.Int64Min(0).Draw(t, "retryAfter"))
		}
		require.Equal(t, e, decodeError(context.Background(), encodeError(context.Background(), e)))
	})
}

func TestErrors_foreignTextBecomesValidAndBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 3*maxMessage).Draw(t, "text"))
		got, ok := errors.AsType[*Error](decodeError(context.Background(), encodeError(context.Background(), errors.New(text))))
		require.True(t, ok)
		require.Equal(t, CodeTransient, got.Code)
		require.True(t, utf8.ValidString(got.Message))
		require.LessOrEqual(t, len(got.Message), 3*maxMessage)
	})
}

func TestErrors_ofPluginsInOtherLanguagesHaveACode(t *testing.T) {
	t.Parallel()
	for code, want := range map[codes.Code]Code{
		codes.FailedPrecondition: CodePermanent,
		codes.InvalidArgument:    CodePermanent,
		codes.Unimplemented:      CodePermanent,
		codes.AlreadyExists:      CodeConflict,
		codes.Aborted:            CodeNotYet,
		codes.Unavailable:        CodeTransient,
		codes.Internal:           CodeTransient,
		codes.Unknown:            CodeTransient,
	} {
		err := decodeError(t.Context(), status.Error(code, "text"))
		require.Equal(t, want, CodeOf(err), code)
		require.ErrorContains(t, err, "text")
	}
}

func TestDisconnected_tellsThePluginFromItsCloud(t *testing.T) {
	t.Parallel()
	lost := decodeError(t.Context(), status.Error(codes.Unavailable, "EOF"))
	require.True(t, Disconnected(lost))
	said := decodeError(t.Context(), encodeError(t.Context(), Transient(nil, "The cloud is busy.")))
	require.False(t, Disconnected(said))
	late := decodeError(t.Context(), status.Error(codes.DeadlineExceeded, "x"))
	require.False(t, Disconnected(late))
	require.ErrorIs(t, late, context.DeadlineExceeded)
	require.False(t, Disconnected(nil))

	require.True(t, Disconnected(decodeError(t.Context(), status.Error(codes.Canceled, "closing"))))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, Disconnected(decodeError(ctx, status.Error(codes.Canceled, "closing"))), "by the caller")
}

func TestEncodeError_ofTheCallsOwnEndIsThatEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	// The plugin may notice the deadline before the caller does.
	err := decodeError(t.Context(), encodeError(ctx, Transient(ctx.Err(), "gave up")))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	// A deadline inside the plugin is the cloud's slowness, with its text.
	err = decodeError(t.Context(), encodeError(t.Context(), fmt.Errorf("asking the cloud: %w", context.DeadlineExceeded)))
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "asking the cloud")
	// What was found out before the end is worth more than the end.
	err = decodeError(t.Context(), encodeError(ctx, Permanent("no such region")))
	require.Equal(t, CodePermanent, CodeOf(err))
}

func TestEncodeError_ofNothingIsNothing(t *testing.T) {
	t.Parallel()
	require.NoError(t, encodeError(t.Context(), nil))
	require.NoError(t, decodeError(t.Context(), nil))
}
