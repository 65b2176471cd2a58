package sdk

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// The handshake. A plugin in any language checks that its environment holds
// MagicCookieKey=MagicCookieValue and prints go-plugin's line with
// ProtocolVersion as its second field. The cookie is no secret: it keeps a
// person who starts a plugin by hand from wondering.
const (
	ProtocolVersion  = 1
	MagicCookieKey   = "FONDACO_PLUGIN"
	MagicCookieValue = "fondaco.plugin.v1"
	// PluginName is the name under which go-plugin dispenses the provider.
	PluginName = "provider"
	// LifelineKey in the environment, with the value "stdin", promises that
	// standard input is a pipe that stays silent and closes when the host is
	// gone. Serve then ends the process; so should a plugin in any language.
	LifelineKey = "FONDACO_PLUGIN_LIFELINE"
)

// MaxMessageBytes bounds one message in either direction.
const MaxMessageBytes = 16 << 20

// Handshake returns the handshake both sides use.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   MagicCookieKey,
		MagicCookieValue: MagicCookieValue,
	}
}

// Plugin joins Provider with go-plugin. The plugin's side sets Impl; the
// host's side leaves it nil and is given a *Conn.
type Plugin struct {
	plugin.NetRPCUnsupportedPlugin
	Impl Provider
}

var _ plugin.GRPCPlugin = (*Plugin)(nil)

// Conn is what the host dispenses: the client, and the connection under it.
type Conn struct {
	*Client
	GRPC *grpc.ClientConn
}

// GRPCServer registers Impl.
func (p *Plugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	Register(s, p.Impl)
	return nil
}

// GRPCClient returns a *Conn.
func (p *Plugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &Conn{Client: NewClient(conn), GRPC: conn}, nil
}

// Option changes how Serve works.
type Option func(*options)

type options struct {
	log *slog.Logger
}

// WithLog has Serve log to log, where it would use NewLog(slog.LevelInfo).
func WithLog(log *slog.Logger) Option {
	return func(o *options) { o.log = log }
}

// Serve answers the marketplace until it says stop or is gone. It is all that
// a plugin's main does, and it ends the process when it was not started by the
// marketplace. Nothing may write to standard output before it.
func Serve(p Provider, opts ...Option) {
	o := options{log: NewLog(slog.LevelInfo)}
	for _, set := range opts {
		set(&o)
	}
	if os.Getenv(LifelineKey) == "stdin" {
		// Not waited for: it ends with the process, and ends the process.
		go exitAtEOF(os.Stdin)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: Handshake(),
		Plugins:         plugin.PluginSet{PluginName: &Plugin{Impl: p}},
		GRPCServer: func(so []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(so, ServerOptions(o.log)...)...)
		},
		// Of go-plugin's own words only those that say why it cannot serve.
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr, JSONFormat: true}),
	})
}

// exitAtEOF ends the process when r, the pipe from the host, closes: the host
// is gone and nobody would ever stop us.
func exitAtEOF(r io.Reader) {
	_, _ = io.Copy(io.Discard, r)
	os.Exit(0)
}
