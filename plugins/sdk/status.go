package sdk

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// errorDomain marks a status as written by a plugin, so that "the cloud did
// not answer" differs from "the plugin did not answer".
const errorDomain = "plugin.fondaco"

// maxMessage bounds an error's text on the wire, in bytes.
const maxMessage = 4096

// encodeError turns a provider's error into a gRPC status. An error that has
// no code becomes transient with its text. When the provider gave up because
// ctx, the call's own, ended, the status says just that.
func encodeError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) && CodeOf(err) == CodeTransient {
		return status.FromContextError(ctx.Err()).Err()
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Code: CodeTransient, Message: err.Error()}
	}
	st := status.New(grpcCode(e.Code), readable(e.Message))
	info := &errdetails.ErrorInfo{Domain: errorDomain, Reason: string(CodeOf(e))}
	if e.Code == CodeNotYet && e.RetryAfter > 0 {
		retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)}
		return detailed(st.WithDetails(info, retry))
	}
	return detailed(st.WithDetails(info))
}

// detailed cannot fail: the details are known messages and the code is not OK.
func detailed(st *status.Status, err error) error {
	if err != nil {
		return status.Error(codes.Unavailable, "encoding an error: "+err.Error())
	}
	return st.Err()
}

// readable makes text fit for the wire: valid UTF-8 of bounded length.
func readable(text string) string {
	if len(text) > maxMessage {
		text = text[:maxMessage-3] + "..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func grpcCode(c Code) codes.Code {
	switch c {
	case CodePermanent:
		return codes.FailedPrecondition
	case CodeConflict:
		return codes.AlreadyExists
	case CodeNotYet:
		return codes.Aborted
	default:
		return codes.Unavailable
	}
}

func sdkCode(c codes.Code) Code {
	switch c {
	// Unimplemented: an older plugin will not learn the call by being asked again.
	case codes.FailedPrecondition, codes.InvalidArgument, codes.Unimplemented:
		return CodePermanent
	case codes.AlreadyExists:
		return CodeConflict
	case codes.Aborted:
		return CodeNotYet
	default:
		return CodeTransient
	}
}

// decodeError turns what a gRPC call returned into an *Error. Cause is set
// when the error does not come from the plugin but from the way to it: the
// context's error when the context ended the call, else the gRPC status.
func decodeError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	st := status.Convert(err)
	fromPlugin, retryAfter := details(st)
	e := &Error{Code: sdkCode(st.Code()), Message: st.Message(), RetryAfter: retryAfter}
	switch {
	case fromPlugin:
	case st.Code() == codes.DeadlineExceeded:
		e.Message, e.Cause = "the plugin did not answer in time", context.DeadlineExceeded
	case st.Code() == codes.Canceled && ctx.Err() != nil:
		e.Message, e.Cause = "the call to the plugin was cancelled", ctx.Err()
	default:
		e.Cause = err
	}
	return e
}

func details(st *status.Status) (fromPlugin bool, retryAfter time.Duration) {
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			fromPlugin = d.GetDomain() == errorDomain
		case *errdetails.RetryInfo:
			retryAfter = max(0, d.GetRetryDelay().AsDuration())
		}
	}
	return fromPlugin, retryAfter
}

// Disconnected reports whether err says that the plugin itself could not be
// reached (its process ended, the connection broke), as against an error that
// the plugin returned.
func Disconnected(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Cause == nil {
		return false
	}
	// Cancelled, and not by our context: our end of the connection was closed.
	code := status.Code(e.Cause)
	return code == codes.Unavailable || code == codes.Canceled
}
