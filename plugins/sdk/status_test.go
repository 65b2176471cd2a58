package sdk

import (
	"context"
	"errors"
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
		require.Equal(t, e, decodeError(t.Context(), encodeError(e)))
	})
}

func TestErrors_foreignTextBecomesValidAndBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 3*maxMessage).Draw(t, "text"))
		got, ok := errors.AsType[*Error](decodeError(t.Context(), encodeError(errors.New(text))))
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
	said := decodeError(t.Context(), encodeError(Transient(nil, "The cloud is busy.")))
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

func TestEncodeError_ofNothingIsNothing(t *testing.T) {
	t.Parallel()
	require.NoError(t, encodeError(nil))
	require.NoError(t, decodeError(t.Context(), nil))
}
