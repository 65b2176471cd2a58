package host

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttr puts the plugin into a process group of its own, so that all of
// it can be ended and the terminal's Ctrl-C is ours alone, and has the kernel
// end it when we are killed.
func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits for the end of the process. What it started and left behind is
// ended before its id is given back to the kernel, and could be another's.
func (c *child) reap() {
	pid := c.cmd.Process.Pid
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	killGroup(c.cmd.Process)
	c.alive = false
	c.exitErr = c.cmd.Wait()
}

// killGroup cannot usefully fail: no such group means nothing is left.
func killGroup(p *os.Process) { _ = unix.Kill(-p.Pid, unix.SIGKILL) }
