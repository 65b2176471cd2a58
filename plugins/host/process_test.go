package host

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// selfReport is what the mirror tells of its process.
type selfReport struct {
	Env        []string
	PID        int
	Grandchild int
}

func askHealth(t *testing.T, p sdk.Provider) selfReport {
	t.Helper()
	answer, err := p.Health(t.Context(), nil)
	require.NoError(t, err)
	var h selfReport
	require.NoError(t, json.Unmarshal([]byte(answer.Message), &h))
	return h
}

func TestProcess_startsWithTheFirstCall(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	require.Equal(t, Info{Name: "mirror", State: StateIdle, Bundled: true}, b.info(t, "mirror"))

	pid := askHealth(t, p).PID
	i := b.info(t, "mirror")
	require.Equal(t, StateRunning, i.State)
	require.Equal(t, pid, i.PID)
	require.NotEqual(t, os.Getpid(), pid)
	require.Equal(t, "1.2.3", i.Version)
	require.WithinDuration(t, time.Now(), i.StartedAt, time.Minute)
	require.Equal(t, StateIdle, b.info(t, "second").State)
}

func TestProcess_isStartedOnceForConcurrentCalls(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	var wg sync.WaitGroup
	pids := make([]int, 20)
	for i := range pids {
		wg.Go(func() { pids[i] = askHealth(t, p).PID })
	}
	wg.Wait()
	for _, pid := range pids {
		require.Equal(t, pids[0], pid)
	}
}

func TestEnvironment_holdsNoSecretOfTheMarketplace(t *testing.T) {
	t.Setenv("FONDACO_SECRET_KEY", "hunter2")
	t.Setenv("PASSED_ON", "yes")
	b := setup(t, func(c *Config) { c.PassEnv = []string{"PASSED_ON", "NOT_SET"} })
	env := strings.Join(askHealth(t, b.provider(t, "mirror")).Env, "\n")
	require.NotContains(t, env, "hunter2")
	require.Contains(t, env, "PASSED_ON=yes")
	require.NotContains(t, env, "NOT_SET")
	require.Contains(t, env, "PATH=")
}

func TestKill9_nextCallWorksOnANewProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	pid := askHealth(t, p).PID
	for restarts := 1; restarts <= 3; restarts++ {
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		next := askHealth(t, p).PID
		require.NotEqual(t, pid, next)
		requireGone(t, pid)
		i := b.info(t, "mirror")
		require.Equal(t, restarts, i.Restarts)
		require.Equal(t, next, i.PID)
		require.Contains(t, i.LastError, "signal: killed")
		pid = next
	}
	require.Contains(t, b.log.String(), "plugin process ended")
}

func TestKill9_restartsWithoutBeingCalled(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	pid := askHealth(t, b.provider(t, "mirror")).PID
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		i := b.info(t, "mirror")
		return i.State == StateRunning && i.PID != pid
	}, 20*time.Second, 10*time.Millisecond)
}

func TestRestart_pausesDouble(t *testing.T) {
	t.Parallel()
	h := Static(nil)
	t.Cleanup(func() { require.NoError(t, h.Stop(context.Background())) })
	h.cfg.BackoffMin, h.cfg.BackoffMax = 100*time.Millisecond, time.Second
	s := newSlot(h, "x", true, newRecord(), nil)
	var pauses []time.Duration
	for range 6 {
		pauses = append(pauses, s.backOffLocked(context.Canceled)/time.Millisecond)
	}
	require.Equal(t, []time.Duration{100, 200, 400, 800, 1000, 1000}, pauses)
	s.failures = 5000
	require.Equal(t, time.Second, s.backOffLocked(context.Canceled))
}

func TestRestart_pauseLongerThanTheDeadlineFailsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.BackoffMin, c.BackoffMax = time.Hour, time.Hour })
	p := b.provider(t, "mirror")
	pid := askHealth(t, p).PID
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	begun := time.Now()
	_, err := p.Describe(t.Context())
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorContains(t, err, "is restarted at")
	require.Less(t, time.Since(begun), 30*time.Second)
	require.Equal(t, StateRestarting, b.info(t, "mirror").State)
}

func TestCall_thatKillsThePluginFailsTransient(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	_, err := p.Provision(t.Context(), fullRequest("exit"), nil)
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorContains(t, err, "the plugin mirror ended during the call")
	require.NotZero(t, askHealth(t, p).PID)
}

func TestHang_ofTheWholeProcessEndsInARestart(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	pid := askHealth(t, p).PID
	freeze(t, pid)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := p.Describe(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Eventually(t, func() bool { return b.info(t, "mirror").Restarts == 1 }, 30*time.Second, 20*time.Millisecond)
	requireGone(t, pid)
	require.NotEqual(t, pid, askHealth(t, p).PID)
}

func TestStop_leavesNoProcessAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	pids := []int{askHealth(t, p).PID, askHealth(t, b.provider(t, "second")).PID}
	for range 2 {
		require.NoError(t, b.host.Stop(t.Context()))
		for _, pid := range pids {
			require.False(t, alive(pid))
		}
	}
	_, err := p.Describe(t.Context())
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorContains(t, err, "stopped")
	require.True(t, fault.Is(b.host.Start(t.Context()), fault.Precondition))
	require.Equal(t, StateStopped, b.info(t, "mirror").State)
}

func TestStop_endsCallsUnderWay(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	askHealth(t, p)
	failed := make(chan error)
	begun := make(chan struct{})
	go func() {
		close(begun)
		_, err := p.Provision(context.Background(), fullRequest("hang"), nil)
		failed <- err
	}()
	<-begun
	require.NoError(t, b.host.Stop(t.Context()))
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(<-failed))
}

func TestStop_duringAStartLeavesNoProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Bundled = []string{"silent"} })
	failed := make(chan error)
	go func() {
		_, err := b.provider(t, "silent").Describe(context.Background())
		failed <- err
	}()
	require.Eventually(t, func() bool { return b.info(t, "silent").State == StateStarting }, 10*time.Second, time.Millisecond)
	begun := time.Now()
	require.NoError(t, b.host.Stop(t.Context()))
	require.Less(t, time.Since(begun), 20*time.Second, "it waited for the start to time out")
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(<-failed))
	require.Equal(t, StateStopped, b.info(t, "silent").State)
}

func TestStop_killsWhatDoesNotGoAndItsChildren(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) {
		c.Bundled = []string{"stubborn"}
		c.StopTimeout = 100 * time.Millisecond
	})
	h := askHealth(t, b.provider(t, "stubborn"))
	require.True(t, alive(h.Grandchild))
	require.NoError(t, b.host.Stop(t.Context()))
	require.False(t, alive(h.PID))
	requireGone(t, h.Grandchild)
}

func TestStop_ofAFrozenProcessEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	pid := askHealth(t, b.provider(t, "mirror")).PID
	freeze(t, pid)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.NoError(t, b.host.Stop(ctx))
	require.False(t, alive(pid))
}

func TestParentKilled_leavesNoChild(t *testing.T) {
	t.Parallel()
	for _, plugin := range []string{"mirror", "deaf"} {
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			tmp, err := os.MkdirTemp("", "host")
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, os.RemoveAll(tmp)) })
			parent := exec.Command(os.Args[0], "host", plugin, "second")
			parent.Env = append(os.Environ(), "TMPDIR="+tmp)
			out, err := parent.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, parent.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, parent.Process.Kill())
			_ = parent.Wait()
			require.NoError(t, err)
			pids := strings.Fields(line)
			require.Len(t, pids, 2)
			for _, text := range pids {
				pid, err := strconv.Atoi(text)
				require.NoError(t, err)
				requireGone(t, pid)
			}
			left, err := os.ReadDir(tmp)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestLifeline_alonePutsAnEndToThePlugin(t *testing.T) {
	t.Parallel()
	c := exec.Command(os.Args[0], "plugin", "serve", "mirror")
	c.Env = []string{sdk.LifelineKey + "=stdin", sdk.MagicCookieKey + "=" + sdk.MagicCookieValue, "PLUGIN_PROTOCOL_VERSIONS=1"}
	c.Env = append(c.Env, "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(line, "1|1|"), line)
	require.NoError(t, in.Close())
	require.NoError(t, c.Wait())
}
