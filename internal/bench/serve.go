package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serveStart builds fondaco and measures how long `fondaco serve` takes to be
// ready, and its memory then. The floor is `fondaco version`: the same binary
// that only says who it is.
func serveStart(ctx context.Context, dir string) ([]result, error) {
	exe := filepath.Join(dir, "fondaco")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", exe, "./cmd/fondaco").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w: %s", err, out)
	}
	floorTime, floorMemory, err := version(ctx, exe)
	if err != nil {
		return nil, err
	}
	key := filepath.Join(dir, "secret.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		return nil, err
	}
	const admin = "127.0.0.1:18431"
	cmd := exec.CommandContext(ctx, exe, "serve", "--database", filepath.Join(dir, "serve.db"), "--secret-key-file", key,
		"--base-url", "http://127.0.0.1:18430", "--listen", "127.0.0.1:18430", "--admin-listen", admin)
	var log bytes.Buffer
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }()
	if err := ready(ctx, "http://"+admin+"/readyz"); err != nil {
		return nil, fmt.Errorf("%w: %s", err, log.String())
	}
	took := time.Since(began)
	memory, err := resident(cmd.Process.Pid)
	return []result{
		{name: "fondaco serve, new SQLite file", value: float64(took.Milliseconds()), unit: "ms", floor: floorTime, of: "fondaco version", less: true},
		{name: "fondaco serve, memory when ready", value: memory, unit: "MiB", floor: floorMemory, of: "fondaco version", less: true},
	}, err
}

func version(ctx context.Context, exe string) (ms, mib float64, err error) {
	cmd := exec.CommandContext(ctx, exe, "version")
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, err
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return float64(time.Since(began).Microseconds()) / 1000, float64(usage.Maxrss) / 1024, nil
}

func ready(ctx context.Context, url string) error {
	for range 3000 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s was not ready in 30 s", url)
}

// resident returns a process's memory in MiB, with that of its plugins.
func resident(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS of process %d", pid)
}
