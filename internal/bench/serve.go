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

// bareServer is the floor: a Go program that only answers HTTP.
const bareServer = `package main

import "net/http"

func main() {
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	panic(http.ListenAndServe("127.0.0.1:18432", nil))
}
`

// serveStart measures how long `fondaco serve` takes to be
// ready on a new file, and its memory then, against a bare Go server.
func serveStart(ctx context.Context, dir, exe string) ([]result, error) {
	bare, key := filepath.Join(dir, "bare"), filepath.Join(dir, "secret.key")
	if err := os.WriteFile(bare+".go", []byte(bareServer), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(key, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		return nil, err
	}
	if err := build(ctx, bare, bare+".go"); err != nil {
		return nil, err
	}
	floor, err := started(ctx, "http://127.0.0.1:18432/readyz", bare)
	if err != nil {
		return nil, err
	}
	ours, err := started(ctx, "http://127.0.0.1:18431/readyz", exe, "serve", "--database", filepath.Join(dir, "serve.db"), "--secret-key-file", key,
		"--base-url", "http://127.0.0.1:18430", "--listen", "127.0.0.1:18430", "--admin-listen", "127.0.0.1:18431")
	const of = "bare Go HTTP server"
	return []result{
		{name: "fondaco serve: start, new database", value: ours.ms, unit: "ms", floor: floor.ms, of: of},
		{name: "fondaco serve: memory when ready", value: ours.mib, unit: "MiB", floor: floor.mib, of: of},
	}, err
}

func build(ctx context.Context, to, from string) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", to, from).CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", from, err, out)
	}
	return nil
}

// life is what a server needed to be ready.
type life struct{ ms, mib float64 }

// started runs a server until it is ready, and ends it.
func started(ctx context.Context, url, exe string, args ...string) (life, error) {
	cmd := exec.CommandContext(ctx, exe, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return life{}, err
	}
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }()
	if err := ready(ctx, url); err != nil {
		return life{}, fmt.Errorf("%w: %s", err, log.String())
	}
	took := float64(time.Since(began).Microseconds()) / 1000
	memory, err := resident(cmd.Process.Pid)
	return life{ms: took, mib: memory}, err
}

func ready(ctx context.Context, url string) error {
	for range 15000 {
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
		time.Sleep(2 * time.Millisecond)
	}
	return fmt.Errorf("%s was not ready in 30 s", url)
}

// resident returns a process's memory in MiB.
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
