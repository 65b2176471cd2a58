package faultline

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Config is what Matrix tries. W is a world of the caller's own: a cloud, a
// provider in front of it, and what a test wants to look at.
type Config[W any] struct {
	// Setup makes a new world with a whole line. What it starts ends with t.
	Setup func(t *testing.T) (W, *Line)
	// Operations are tried one by one, each in worlds of its own.
	Operations []Operation[W]
	// Faults are those to try; all of them when nil.
	Faults []Fault
	// Impatient makes the provider give up on a silent cloud soon, or wait
	// again as long as a busy machine needs. Matrix asks for it around the one
	// try that meets silence.
	Impatient func(w W, on bool)
	// Tries is how often an operation is repeated after the fault; 20 when 0.
	Tries int
}

// Operation is one call of a plugin.
type Operation[W any] struct {
	Name string
	// Prepare brings the world to where the operation begins. Optional.
	Prepare func(t *testing.T, w W)
	// Run makes the call. It is repeated as the marketplace repeats it: the
	// same key, the same content.
	Run func(w W) error
	// Check fails the test unless exactly what the operation promises exists.
	Check func(t *testing.T, w W)
	// AtLeast is how many remote calls the operation surely has, so that a
	// matrix which breaks nothing fails.
	AtLeast int
}

// Matrix breaks the line at every call of every operation, in every way, and
// has the operation repeated until it succeeds. A success must be true the
// first time it is said, a fault of the line must never count as permanent,
// and in the end Check must hold. The number of points is an attribute of the
// test, cutPoints.
func Matrix[W any](t *testing.T, c Config[W]) {
	t.Helper()
	if c.Faults == nil {
		c.Faults = Faults()
	}
	if c.Tries == 0 {
		c.Tries = 20
	}
	points := make([]atomic.Int64, len(c.Operations))
	t.Run("broken", func(t *testing.T) { // ends when all that runs in it has ended
		for i, op := range c.Operations {
			for _, fault := range c.Faults {
				t.Run(op.Name+"/"+string(fault), func(t *testing.T) {
					t.Parallel()
					points[i].Add(c.points(t, op, fault))
				})
			}
		}
	})
	total := int64(0)
	for i, op := range c.Operations {
		t.Logf("%s: %d cut points", op.Name, points[i].Load())
		total += points[i].Load()
	}
	t.Attr("cutPoints", strconv.FormatInt(total, 10))
}

// points breaks each call of the operation and returns how many there were.
func (c Config[W]) points(t *testing.T, op Operation[W], fault Fault) int64 {
	n := 1
	for c.point(t, op, n, fault) {
		n++
	}
	if n <= op.AtLeast && !t.Failed() {
		t.Errorf("%s made %d remote calls, expected at least %d", op.Name, n-1, op.AtLeast)
	}
	return int64(n - 1)
}

// point reports whether there was an nth call to break, and all was well.
func (c Config[W]) point(t *testing.T, op Operation[W], n int, fault Fault) (broke bool) {
	t.Run(strconv.Itoa(n), func(t *testing.T) {
		w, hit, err := c.broken(t, op, n, fault)
		// On a machine that is busy, impatience may hit a call that was whole.
		for range c.Tries {
			if hit || fault != Silence || sdk.CodeOf(err) != sdk.CodeTransient {
				break
			}
			w, hit, err = c.broken(t, op, n, fault)
		}
		broke = hit
		if err != nil && !broke {
			t.Fatalf("the line was whole and it failed: %v", err)
		}
		c.repeat(t, op, w, err)
		op.Check(t, w)
	})
	return broke && !t.Failed()
}

// broken runs the operation in a new world with its nth call broken.
func (c Config[W]) broken(t *testing.T, op Operation[W], n int, fault Fault) (w W, broke bool, err error) {
	t.Helper()
	w, line := c.Setup(t)
	if op.Prepare != nil {
		op.Prepare(t, w)
	}
	line.Break(n, fault)
	err = c.first(op, w, fault)
	return w, line.Mend(), err
}

// first is the try that meets the fault.
func (c Config[W]) first(op Operation[W], w W, fault Fault) error {
	if fault == Silence && c.Impatient != nil {
		c.Impatient(w, true)
		defer c.Impatient(w, false)
	}
	return op.Run(w)
}

// repeat calls the operation again while it has not succeeded.
func (c Config[W]) repeat(t *testing.T, op Operation[W], w W, err error) {
	t.Helper()
	for range c.Tries {
		switch code := sdk.CodeOf(err); code {
		case "":
			return
		case sdk.CodeTransient:
		case sdk.CodeNotYet:
			time.Sleep(pause) // the other side works on it
		default:
			t.Fatalf("a fault of the line counts as %s: %v", code, err)
		}
		err = op.Run(w)
	}
	if err != nil {
		t.Fatalf("still failing after %d tries: %v", c.Tries, err)
	}
}

// pause is how long "not yet" is waited for: sandboxes are quick.
const pause = 5 * time.Millisecond
