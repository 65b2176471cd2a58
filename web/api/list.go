package api

import (
	"strings"

	"github.com/fondaco/fondaco/core/page"
)

// Paging are the parameters of every list. It is exported because huma reads
// embedded types only then; so are the other types that others embed.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" doc:"How many items to give, 50 unless told, at most 200." example:"50"`
	Cursor string `query:"cursor" doc:"Where to go on: next of the page before."`
}

func (p Paging) request() page.Request { return page.Request{Limit: p.Limit, Cursor: p.Cursor} }

// list is one page, newest first.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; not there on the last."`
}

func listOf[T, V any](p page.Page[T], err error, view func(T) V) (*reply[list[V]], error) {
	if err != nil {
		return nil, err
	}
	out := page.Map(p, view)
	return &reply[list[V]]{Body: list[V]{Items: out.Items, Next: out.Next}}, nil
}

// all is a list that has no pages.
func all[T, V any](items []T, view func(T) V) list[V] {
	return list[V]{Items: views(items, view)}
}

func views[T, V any](items []T, view func(T) V) []V {
	out := make([]V, len(items))
	for i, item := range items {
		out[i] = view(item)
	}
	return out
}

// refer gives the reference to another thing by its id and name.
func refer(id int64, name string) reference { return reference{ID: id, Name: name} }

// reference names another thing.
type reference struct {
	ID   int64  `json:"id" example:"7"`
	Name string `json:"name" example:"Lagoon Maps"`
}

// renamed replaces the prefix of field names: the service says
// "endpoints[0].path", the caller wrote "items[0].path".
func renamed(field, from, to string) string {
	rest, ok := strings.CutPrefix(field, from)
	if !ok {
		return field
	}
	return strings.TrimPrefix(to+rest, ".")
}
