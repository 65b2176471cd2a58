package host

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// TestMain makes the test binary its own bundled plugins, as the product does:
// "BINARY plugin serve NAME". "BINARY host NAME..." is a whole marketplace to
// be killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "plugin" {
		servePlugin(os.Args[3])
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "host" {
		runHost(os.Args[2:])
		return
	}
	goleak.VerifyTestMain(m)
}

func servePlugin(name string) {
	switch name {
	case "mirror", "second":
		sdk.Serve(mirror{})
	case "garbage":
		fmt.Println("Welcome to my plugin! | have | a | nice | day")
		wait()
	case "flood":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "future":
		fmt.Println("1|2|unix|/tmp/none|grpc|")
		wait()
	case "core":
		fmt.Println("9|1|unix|/tmp/none|grpc|")
		wait()
	case "silent":
		wait()
	case "quitter":
		fmt.Fprintln(os.Stderr, "cannot find libcloud.so")
		os.Exit(3)
	case "hostile":
		fmt.Fprintln(os.Stderr, `{"@message":7,"@level":[],"@timestamp":{}}`)
		fmt.Fprintln(os.Stderr, strings.Repeat("y", 1<<20))
		sdk.Serve(loud{})
	case "noisy":
		log := sdk.NewLog(slog.LevelDebug)
		log.Warn("about to be noisy", "plugin", "forged", "answer", 42)
		for i := range 20000 {
			log.Info("noise", "i", i)
		}
		sdk.Serve(mirror{}, sdk.WithLog(log))
	case "stubborn":
		// Serves, has a child of its own, and does not go when asked to.
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		child := exec.Command("sleep", "1000")
		if err := child.Start(); err != nil {
			panic(err)
		}
		sdk.Serve(mirror{grandchild: child.Process.Pid})
		wait()
	case "glutton":
		// Says something first: a call that was silent would be made again.
		sdk.Serve(glutton{})
	case "deaf":
		// Does not look at standard input: only the kernel can tell it.
		_ = os.Unsetenv(sdk.LifelineKey)
		sdk.Serve(mirror{})
		wait()
	}
}

func wait() { time.Sleep(time.Hour) }

// runHost starts the named plugins, prints their process ids and waits.
func runHost(names []string) {
	h, err := New(Config{Bundled: names, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	must(err)
	must(h.Start(context.Background()))
	var pids []string
	for _, name := range names {
		p, err := h.Provider(name)
		must(err)
		_, err = p.Describe(context.Background())
		must(err)
	}
	for _, i := range h.Plugins() {
		pids = append(pids, strconv.Itoa(i.PID))
	}
	fmt.Println(strings.Join(pids, " "))
	wait()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// alive reports whether a process exists and is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

// freeze stops a process and returns once it stands still.
func freeze(t *testing.T, pid int) {
	t.Helper()
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	require.Eventually(t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, after, _ := strings.Cut(string(stat), ") ")
		return err == nil && strings.HasPrefix(after, "T")
	}, 10*time.Second, time.Millisecond)
}

func requireGone(t *testing.T, pid int) {
	t.Helper()
	require.NotZero(t, pid)
	require.Eventually(t, func() bool { return !alive(pid) }, 10*time.Second, 10*time.Millisecond, "process %d is left", pid)
}

type bundle struct {
	host *Host
	log  *plugintest.Log
}

// setup starts a host over bundled plugins, with short pauses.
func setup(t *testing.T, change func(*Config)) bundle {
	t.Helper()
	log := &plugintest.Log{}
	cfg := Config{
		Bundled:    []string{"mirror", "second"},
		Log:        slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		BackoffMin: 20 * time.Millisecond,
		BackoffMax: 500 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	h, err := New(cfg)
	require.NoError(t, err)
	require.NoError(t, h.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, h.Stop(context.Background())) })
	return bundle{host: h, log: log}
}

func (b bundle) provider(t *testing.T, name string) sdk.Provider {
	t.Helper()
	p, err := b.host.Provider(name)
	require.NoError(t, err)
	return p
}

func (b bundle) info(t *testing.T, name string) Info {
	t.Helper()
	for _, i := range b.host.Plugins() {
		if i.Name == name {
			return i
		}
	}
	require.Fail(t, "no plugin "+name)
	return Info{}
}
