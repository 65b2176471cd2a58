// Package page holds the words of paging: a request for a slice of a list and
// the slice with the cursor of the next. Lists are keyset-paged by id,
// newest first, so nothing is skipped when rows arrive between two pages.
package page

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/fondaco/fondaco/core/fault"
)

// Sizes of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Request asks for at most Limit items that come after Cursor ("" = the start),
// or, with a Number, for that page of all, counted from 1.
type Request struct {
	Limit  int
	Cursor string
	Number int
}

// Page is one slice of a list. Next is "" on the last. Total is the length of
// the whole list where the request had a Number.
type Page[T any] struct {
	Items []T
	Next  string
	Total int
}

// Size returns the limit within 1..MaxLimit, DefaultLimit for zero.
func (r Request) Size() int {
	if r.Limit <= 0 {
		return DefaultLimit
	}
	return min(r.Limit, MaxLimit)
}

// Offset is how many items come before the page of a request with a Number.
func (r Request) Offset() int { return max(r.Number-1, 0) * r.Size() }

// Before returns the id that the page starts below; ids are 32-bit, so at the
// start it is above them all.
// A cursor that this package did not make is an Invalid fault on "cursor".
func (r Request) Before() (int64, error) {
	if r.Cursor == "" {
		return math.MaxInt32, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(r.Cursor)
	if err != nil {
		return 0, badCursor()
	}
	id, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || id <= 0 || id > math.MaxInt32 {
		return 0, badCursor()
	}
	return id, nil
}

func badCursor() error {
	return fault.InvalidField("cursor", "This cursor is not one of ours; start without one.")
}

// Cut makes a Page of rows that were read with one more than Size: the extra
// row says that there is a next page. id gives a row's key.
func Cut[T any](r Request, rows []T, id func(T) int64) Page[T] {
	n := r.Size()
	if len(rows) <= n {
		return Page[T]{Items: rows}
	}
	last := strconv.FormatInt(id(rows[n-1]), 10)
	return Page[T]{Items: rows[:n], Next: base64.RawURLEncoding.EncodeToString([]byte(last))}
}

// Map returns the page with each item converted.
func Map[T, U any](p Page[T], f func(T) U) Page[U] {
	out := Page[U]{Items: make([]U, len(p.Items)), Next: p.Next, Total: p.Total}
	for i, item := range p.Items {
		out.Items[i] = f(item)
	}
	return out
}
