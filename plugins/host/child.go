package host

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// drainTimeout is how long after the end of the process its output is still
// read: a grandchild that got away may hold the pipes open for ever.
const drainTimeout = time.Second

// child is a plugin's operating system process. It is go-plugin's runner, in
// place of its own, for three things: the process ends when we end, however
// that happens; nothing the plugin prints can block, crash or fill us; and
// the end of the process is known at once.
type child struct {
	cmd       *exec.Cmd
	stdout    *firstLineReader
	stderr    *lineLog
	socketDir string // go-plugin's folder for the plugin's socket
	startErr  error

	done chan struct{} // closed when the process has ended or never began
	wg   sync.WaitGroup

	mu      sync.Mutex
	alive   bool // started and not reaped: its id is its own
	killed  bool // a kill that came before the start
	exitErr error
}

var _ runner.Runner = (*child)(nil)

func newChild(s spec, env []string, stderr *lineLog) *child {
	cmd := exec.Command(s.path, s.args...)
	cmd.Env = env
	cmd.SysProcAttr = processAttr()
	return &child{cmd: cmd, stdout: &firstLineReader{}, stderr: stderr, done: make(chan struct{})}
}

// pipes are the three standard streams: first our ends, then the child's.
type pipes struct{ in, out, err, childIn, childOut, childErr *os.File }

func openPipes() (p pipes, err error) {
	for _, ends := range [][2]**os.File{{&p.childIn, &p.in}, {&p.out, &p.childOut}, {&p.err, &p.childErr}} {
		if *ends[0], *ends[1], err = os.Pipe(); err != nil {
			p.closeAll()
			return pipes{}, err
		}
	}
	return p, nil
}

func (p pipes) closeChild() { closeFiles(p.childIn, p.childOut, p.childErr) }
func (p pipes) closeAll()   { closeFiles(p.in, p.out, p.err, p.childIn, p.childOut, p.childErr) }

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// Start starts the process and everything that watches it.
func (c *child) Start(context.Context) error {
	p, err := openPipes()
	if err != nil {
		c.startErr = err
		close(c.done)
		return err
	}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = p.childIn, p.childOut, p.childErr
	c.stdout.reset(p.out)
	started := make(chan error, 1)
	c.wg.Go(func() { c.live(p, started) })
	c.startErr = <-started
	return c.startErr
}

// live starts the process and stays until it is gone. It holds its thread: the
// kernel sends the parent-death signal when the *thread* that started the
// child ends, so that thread must last as long as the child.
func (c *child) live(p pipes, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.begin()
	p.closeChild()
	if err != nil {
		p.closeAll()
		close(c.done)
		started <- err
		return
	}
	drained := make(chan struct{})
	c.wg.Go(func() {
		defer close(drained)
		c.stderr.read(p.err)
	})
	started <- nil
	c.reap()
	close(c.done)
	_ = p.in.Close()
	c.drain(p, drained)
}

func (c *child) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.killed {
		return errors.New("stopped before it was started")
	}
	err := c.cmd.Start()
	c.alive = err == nil
	if c.alive {
		offerToKernel(c.cmd.Process.Pid)
	}
	return err
}

// drain closes our ends of the output once both are read to their end.
func (c *child) drain(p pipes, stderrDone <-chan struct{}) {
	timer := time.NewTimer(drainTimeout)
	defer timer.Stop()
	for _, done := range []<-chan struct{}{stderrDone, c.stdout.ended} {
		select {
		case <-done:
		case <-timer.C:
			timer.Reset(0)
		}
	}
	closeFiles(p.out, p.err)
}

// kill ends the process, and what it started, at once.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed = true
	if c.alive {
		killGroup(c.cmd.Process)
	}
}

// wait returns when the process and all that watches it have ended.
func (c *child) wait() { c.wg.Wait() }

// reason says how the process ended; nil means with exit status 0.
func (c *child) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.exitErr
}

func (c *child) pid() int {
	if c.cmd.Process == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// Wait is go-plugin's: it returns when the process has ended.
func (c *child) Wait(context.Context) error {
	<-c.done
	return c.reason()
}

// Kill is go-plugin's last resort.
func (c *child) Kill(context.Context) error {
	c.kill()
	return nil
}

// Stdout gives go-plugin the handshake line and nothing else.
func (c *child) Stdout() io.ReadCloser { return c.stdout }

// Stderr gives go-plugin nothing: its own parser of log lines panics on a line
// with a "@message" that is no string.
func (c *child) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name is the executable's path.
func (c *child) Name() string { return c.cmd.Path }

// ID is the process id; never empty, or go-plugin would not clean up.
func (c *child) ID() string { return strconv.Itoa(c.pid()) }

// Diagnose adds nothing: see explain.
func (c *child) Diagnose(context.Context) string { return "" }

// PluginToHost is the identity: both share one file system and network.
func (c *child) PluginToHost(network, addr string) (string, string, error) { return network, addr, nil }

// HostToPlugin is the identity too.
func (c *child) HostToPlugin(network, addr string) (string, string, error) { return network, addr, nil }
