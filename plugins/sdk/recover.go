package sdk

import (
	"context"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"
)

// ServerOptions are those of a plugin's gRPC server: bounded messages, and a
// panic in one call is that call's transient error and the log's stack trace,
// not the end of all the other calls.
func ServerOptions(log *slog.Logger) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessageBytes),
		grpc.UnaryInterceptor(recoverUnary(log)),
		grpc.StreamInterceptor(recoverStream(log)),
	}
}

func recoverUnary(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (out any, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = panicked(ctx, log, info.FullMethod, r)
			}
		}()
		return next(ctx, in)
	}
}

func recoverStream(log *slog.Logger) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = panicked(stream.Context(), log, info.FullMethod, r)
			}
		}()
		return next(srv, stream)
	}
}

// panicked keeps the panic's value out of the error: it may hold anything.
func panicked(ctx context.Context, log *slog.Logger, method string, value any) error {
	log.ErrorContext(ctx, "a call panicked", "method", method, "panic", value, "stack", string(debug.Stack()))
	return encodeError(ctx, Transient(nil, "the plugin has a defect: %s panicked; its log says where", method))
}
