//go:build !linux

package host

import (
	"os"
	"syscall"
)

// processAttr asks for nothing: without the kernel's parent-death signal the
// plugin notices our end by its standard input alone.
func processAttr() *syscall.SysProcAttr { return nil }

func (c *child) reap() {
	err := c.cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive = false
	c.exitErr = err
}

func killGroup(p *os.Process) { _ = p.Kill() }
