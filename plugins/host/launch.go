package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// launcher starts one plugin as a child process.
type launcher struct {
	cfg  *Config
	spec spec
	log  *slog.Logger
}

// launch verifies and starts the plugin, agrees on TLS and on the protocol's
// version, and asks the plugin to describe itself. When any of it fails, no
// process is left.
func (l *launcher) launch(ctx context.Context) (*process, error) {
	if err := l.spec.verify(l.cfg.RequireChecksum); err != nil {
		return nil, err
	}
	c := newChild(l.spec, l.environment(), newLineLog(l.log, l.cfg.Clock))
	// go-plugin's start knows no context: a start that takes too long, or that
	// the host's end overtakes, is cut short by ending the process.
	release := context.AfterFunc(ctx, c.kill)
	defer release()
	client := plugin.NewClient(l.clientConfig(c))
	conn, description, err := connect(ctx, client)
	if err == nil {
		// The connection stands: nobody else needs the socket, and nothing of
		// it is left should we be killed.
		err = os.RemoveAll(c.socketDir)
	}
	if err != nil {
		c.kill()
		client.Kill()
		c.wait()
		return nil, c.explain(ctx, err)
	}
	return &process{
		conn:        conn,
		description: description,
		protocol:    client.NegotiatedVersion(),
		pid:         c.pid(),
		done:        c.done,
		kill:        c.kill,
		end: func() error {
			client.Kill()
			c.wait()
			return c.reason()
		},
		stop: func() {
			timer := time.AfterFunc(l.cfg.StopTimeout, c.kill)
			defer timer.Stop()
			client.Kill()
			c.wait()
		},
	}, nil
}

func (l *launcher) clientConfig(c *child) *plugin.ClientConfig {
	output := newLineLog(l.log, l.cfg.Clock)
	return &plugin.ClientConfig{
		HandshakeConfig:  sdk.Handshake(),
		Plugins:          plugin.PluginSet{sdk.PluginName: &sdk.Plugin{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     l.cfg.StartTimeout,
		Logger:           goPluginLog(l.log),
		// What the plugin prints once it serves arrives over the connection.
		SyncStdout: &lineWriter{log: output},
		SyncStderr: &lineWriter{log: output},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(sdk.MaxMessageBytes)),
			grpc.WithIdleTimeout(0), // the socket is gone, so the connection must stay
		},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, dir string) (runner.Runner, error) {
			c.socketDir = dir
			c.cmd.Env = append(c.cmd.Env, cmd.Env...)
			return c, nil
		},
	}
}

func connect(ctx context.Context, client *plugin.Client) (*sdk.Conn, sdk.Description, error) {
	protocol, err := client.Client()
	if err != nil {
		return nil, sdk.Description{}, err
	}
	raw, err := protocol.Dispense(sdk.PluginName)
	if err != nil {
		return nil, sdk.Description{}, err
	}
	conn, ok := raw.(*sdk.Conn)
	if !ok {
		return nil, sdk.Description{}, errors.New("go-plugin dispensed no connection")
	}
	description, err := conn.Describe(ctx)
	if err != nil {
		return nil, sdk.Description{}, fmt.Errorf("it does not answer Describe (it must serve gRPC with go-plugin's AutoMTLS): %w", err)
	}
	return conn, description, nil
}

// environment is all that a plugin sees of ours: enough to find programs,
// certificates, the proxy and the time zone, and no secret of the marketplace.
func (l *launcher) environment() []string {
	allowed := []string{
		"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	}
	// A plugin in Go collects its garbage in time; others do not know the word.
	env := []string{sdk.LifelineKey + "=stdin", fmt.Sprintf("GOMEMLIMIT=%d", l.cfg.MaxMemory/10*9)}
	for _, key := range append(allowed, l.cfg.PassEnv...) {
		if value, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+value)
		}
	}
	return env
}

// explain says why a start failed in words for the operator: what the plugin
// printed tells more than what go-plugin made of it.
func (c *child) explain(ctx context.Context, err error) error {
	first, complete := c.stdout.firstLine()
	parts := strings.Split(strings.TrimSpace(first), "|")
	switch {
	case c.startErr != nil:
		return fmt.Errorf("it cannot be executed: %w", c.startErr)
	case first == "" && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return c.withStderr("it printed no handshake line on standard output in time")
	case first == "":
		return c.withStderr(fmt.Sprintf("it ended (%v) before it printed a handshake line", cmp.Or(c.reason(), errors.New("exit status 0"))))
	case !complete || len(parts) < 4 || !isNumber(parts[0]) || !isNumber(parts[1]):
		return fmt.Errorf("standard output begins with %s instead of a go-plugin handshake line; a plugin must print nothing before it serves", quote(first))
	case parts[0] != fmt.Sprint(plugin.CoreProtocolVersion):
		return fmt.Errorf("standard output begins with %s: the go-plugin core protocol %s is not the %d spoken here", quote(first), parts[0], plugin.CoreProtocolVersion)
	case parts[1] != fmt.Sprint(sdk.ProtocolVersion):
		return fmt.Errorf("it speaks version %s of the plugin protocol and this Fondaco speaks version %d; use a plugin built for version %d", parts[1], sdk.ProtocolVersion, sdk.ProtocolVersion)
	default:
		return err
	}
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func (c *child) withStderr(what string) error {
	if last := c.stderr.lastLine(); last != "" {
		return fmt.Errorf("%s; its last words: %s", what, quote(last))
	}
	return errors.New(what)
}

// quote shows foreign text shortened and with its control characters visible.
func quote(text string) string {
	const most = 120
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
