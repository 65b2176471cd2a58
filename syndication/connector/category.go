package connector

import (
	"context"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
)

// categoryDocument is a category: the name that products give. It exists while
// a product has it.
type categoryDocument struct {
	ID           int64    `json:"id"`
	Self         string   `json:"self"`
	Name         string   `json:"name"`
	Slug         string   `json:"slug"`
	Description  string   `json:"description"`
	ProductCount int      `json:"productCount"`
	Children     []*ref   `json:"children"`
	Tags         []string `json:"tags"`
}

func (s *server) categoryRoutes() []route {
	const nothingToKeep = "A category is made by the first product that names it, and ends with the last."
	return []route{
		{method: http.MethodGet, path: "category", handle: s.listCategories, public: true},
		{method: http.MethodGet, path: "category/{id}", handle: s.getCategory, public: true},
		{method: http.MethodPost, path: "category", handle: notHere(nothingToKeep)},
		{method: http.MethodPut, path: "category/{id}", handle: notHere(nothingToKeep)},
		{method: http.MethodDelete, path: "category/{id}", handle: notHere(nothingToKeep)},
		{method: http.MethodGet, path: "productTag", handle: nothing, public: true},
	}
}

// categoryID is the number of a category. It is made of the name alone, so that
// it is the same in every process and for ever; 0 of no name.
func categoryID(name string) int64 {
	if name == "" {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return max(int64(h.Sum32()&math.MaxInt32), 1)
}

func viewCategory(f catalog.Facet) categoryDocument {
	id := categoryID(f.Category)
	return categoryDocument{ID: id, Self: self("category", id), Name: f.Category, Slug: slug(f.Category), ProductCount: f.Products,
		Children: []*ref{}, Tags: []string{}}
}

func (s *server) listCategories(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	all, err := s.Catalog.Categories(ctx, c.actor)
	return listOf(c, req, slice(req, all), err, viewCategory)
}

func (s *server) getCategory(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	all, err := s.Catalog.Categories(ctx, c.actor)
	if err != nil {
		return answer{}, err
	}
	for _, f := range all {
		if categoryID(f.Category) == id {
			return ok(viewCategory(f)), nil
		}
	}
	return answer{}, fault.New(fault.NotFound, "There is no such category.")
}

// categoryName is the name of a category that is written as its number, as a
// reference or as the name itself; "" of one that does not exist.
func (s *server) categoryName(ctx context.Context, c *call, wanted string) (string, error) {
	if wanted == "" {
		return "", nil
	}
	all, err := s.Catalog.Categories(ctx, c.actor)
	if err != nil {
		return "", err
	}
	number := wanted[strings.LastIndexByte(wanted, '/')+1:]
	for _, f := range all {
		if f.Category == wanted || strconv.FormatInt(categoryID(f.Category), 10) == number {
			return f.Category, nil
		}
	}
	return "", nil
}

// nothing is a list of what there is none of.
func nothing(_ context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	a := ok([]string{})
	a.paging = &paging{number: req.Number, size: req.Limit}
	return a, nil
}
