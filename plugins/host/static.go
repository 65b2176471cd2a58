package host

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Static returns a started host whose plugins are values in this process, for
// tests: calls take the same way through the same encoding, over memory
// instead of a socket. Stop it at the end.
func Static(providers map[string]sdk.Provider) *Host {
	cfg := Config{Log: slog.New(slog.DiscardHandler), BackoffMin: time.Millisecond}
	cfg.setDefaults()
	h := newHost(cfg)
	for name, p := range providers {
		h.add(name, true, newRecord(), func(ctx context.Context) (*process, error) { return inProcess(ctx, p, cfg.Log) })
	}
	h.started = true
	return h
}

func inProcess(ctx context.Context, p sdk.Provider, log *slog.Logger) (*process, error) {
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer(sdk.ServerOptions(log)...)
	sdk.Register(server, p)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	conn, err := grpc.NewClient("passthrough:in-process",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(sdk.MaxMessageBytes)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	stop := sync.OnceFunc(func() {
		_ = conn.Close()
		server.Stop()
		<-done
	})
	client := &sdk.Conn{Client: sdk.NewClient(conn), GRPC: conn}
	description, err := client.Describe(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	return &process{
		conn:        client,
		description: description,
		protocol:    sdk.ProtocolVersion,
		done:        done,
		stop:        stop,
		kill:        stop,
		end: func() error {
			stop()
			return errors.New("the in-process server ended")
		},
	}, nil
}
