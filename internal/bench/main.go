// Command bench measures what people wait for, on the machine it runs on, and
// sets each figure against a bare floor: the least the same machine needs for
// the same kind of work without the marketplace. Run it with `make bench`.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// result is one row of the table.
type result struct {
	name  string
	value float64
	unit  string
	floor float64
	of    string // what the floor is
}

func (r result) String() string {
	ratio := r.value / r.floor
	return fmt.Sprintf("%-38s %12.1f %-10s floor %12.1f (%s)  ratio %.2f", r.name, r.value, r.unit, r.floor, r.of, ratio)
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part is some rows of the table.
type part struct {
	name string
	run  func(ctx context.Context, dir string) error
}

func parts() []part {
	return []part{{"market", marketplace}, {"serve", serving}, {"clouds", clouds}, {"webhooks", webhooks}}
}

// run measures the parts that are named, or all.
func run(ctx context.Context, names []string) error {
	dir, err := os.MkdirTemp("", "fondaco-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("Fondaco bench: %s, %d cores, %s, SQLite with durable commits\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOARCH)
	for _, p := range parts() {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		if err := p.run(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func show(rows []result) {
	for _, r := range rows {
		fmt.Println(r)
	}
}

// marketplace measures pages, orders and usage.
func marketplace(ctx context.Context, dir string) error {
	w, err := newWorld(ctx, filepath.Join(dir, "bench.db"))
	if err != nil {
		return err
	}
	for _, measure := range []func(context.Context) (result, error){w.catalogPage, w.catalogAPI, w.connectorRead, w.orders, w.activation, w.ingest50, w.ingest1000} {
		r, err := measure(ctx)
		if err != nil {
			return err
		}
		show([]result{r})
	}
	return w.close()
}

func serving(ctx context.Context, dir string) error {
	exe, err := executable(ctx, dir)
	if err != nil {
		return err
	}
	rows, err := serveStart(ctx, dir, exe)
	show(rows)
	return err
}

// clouds measures provisioning and comparing.
func clouds(ctx context.Context, dir string) error {
	exe, err := executable(ctx, dir)
	if err != nil {
		return err
	}
	if err := provisioning(ctx, dir, exe); err != nil {
		return err
	}
	r, err := comparing(ctx, dir)
	if err == nil {
		show([]result{r})
	}
	return err
}

// executable builds fondaco.
func executable(ctx context.Context, dir string) (string, error) {
	exe := filepath.Join(dir, "fondaco")
	return exe, build(ctx, exe, "./cmd/fondaco")
}

// perSecond runs fn again and again for about two seconds and returns how many
// times a second it was done. fn returns how much it did.
func perSecond(fn func(i int) (int, error)) (float64, error) {
	const long = 2 * time.Second
	start, done := time.Now(), 0
	for i := 0; time.Since(start) < long; i++ {
		n, err := fn(i)
		if err != nil {
			return 0, err
		}
		done += n
	}
	return float64(done) / time.Since(start).Seconds(), nil
}

var quiet = slog.New(slog.DiscardHandler)
