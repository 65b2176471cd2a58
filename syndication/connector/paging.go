package connector

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
)

// Sizes of a page in the contract.
const (
	defaultPageSize = 20
	maxPageSize     = 50
	maxPageNumber   = 1_000_000
)

// paging is where a list stands; it goes into the headers of its answer.
type paging struct {
	number, size, total int
}

func (p paging) pages() int { return (p.total + p.size - 1) / p.size }

func (p paging) headers(h http.Header) {
	for name, n := range map[string]int{"CMW-PageSize": p.size, "CMW-PageNumber": p.number, "CMW-TotalItems": p.total, "CMW-TotalPages": p.pages()} {
		h.Set(name, strconv.Itoa(n))
	}
}

// page reads pageNumber (from 1) and pageSize (at most 50).
func (c *call) page() (page.Request, error) {
	var check fault.Check
	number := counting(&check, "pageNumber", c.value("pageNumber"), 1, maxPageNumber)
	size := counting(&check, "pageSize", c.value("pageSize"), defaultPageSize, maxPageSize)
	return page.Request{Number: number, Limit: size}, check.Err()
}

// counting reads a number from 1. Above the most it is the most, because
// clients ask for all with a large one.
func counting(check *fault.Check, name, text string, usual, most int) int {
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if !check.That(err == nil && n >= 1, name, "Write a whole number from 1.") {
		return usual
	}
	return min(n, most)
}

// descending reads sortDirection; newest first unless ASC was asked for.
func (c *call) descending() bool { return !strings.EqualFold(c.value("sortDirection"), "ASC") }

// listOf answers one page of a list, as JSON or CSV, with its headers. HEAD
// answers the headers alone.
func listOf[T, V any](c *call, req page.Request, found page.Page[T], err error, view func(T) V) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	out := make([]V, 0, len(found.Items))
	for _, item := range found.Items {
		out = append(out, view(item))
	}
	a := ok(out)
	a.paging = &paging{number: req.Number, size: req.Limit, total: found.Total}
	return a, nil
}

// slice is the page of a list that is read whole, such as a product's plans.
func slice[T any](req page.Request, all []T) page.Page[T] {
	from := min((req.Number-1)*req.Limit, len(all))
	return page.Page[T]{Items: all[from:min(from+req.Limit, len(all))], Total: len(all)}
}
