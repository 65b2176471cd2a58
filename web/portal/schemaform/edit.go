package schemaform

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/schema"
)

// Edit carries out a button that adds an entry to a map or removes one; false
// when it is another button.
func (f Form) Edit(v url.Values, do string) bool {
	verb, rest, _ := strings.Cut(do, ":")
	name, row, _ := strings.Cut(rest, ":")
	if !strings.HasPrefix(name, f.Prefix+".") {
		return false
	}
	switch verb {
	case "addEntry":
		if m, ok := f.find(name); ok {
			addEntry(v, m, name, entryCount(v, name))
		}
		return true
	case "removeEntry":
		if i, err := strconv.Atoi(row); err == nil && i >= 0 {
			removeEntry(v, name, i)
		}
		return true
	}
	return false
}

// entryIndex is the part of a name that says which entry of a map it is in.
var entryIndex = regexp.MustCompile(`\[[0-9]+\]\.value`)

// find is the map that a field's name leads to.
func (f Form) find(name string) (schema.Field, bool) {
	path := strings.Split(entryIndex.ReplaceAllString(strings.TrimPrefix(name, f.Prefix+"."), ""), ".")
	all := f.Fields
	for i, step := range path {
		p, ok := named(all, step)
		if !ok {
			break
		}
		if i == len(path)-1 {
			return p, p.Type == schema.Map || p.Type == schema.Rows
		}
		if all = p.Fields; p.Entry != nil {
			all = p.Entry.Fields
		}
	}
	return schema.Field{}, false
}

func named(all []schema.Field, name string) (schema.Field, bool) {
	for _, f := range all {
		if f.Name == name {
			return f, true
		}
	}
	return schema.Field{}, false
}

// removeEntry moves the later entries up by one.
func removeEntry(v url.Values, name string, i int) {
	for last := entryCount(v, name) - 1; i <= last; i++ {
		moveEntry(v, fmt.Sprintf("%s[%d].", name, i+1), fmt.Sprintf("%s[%d].", name, i))
	}
}

// moveEntry puts what one entry holds into another.
func moveEntry(v url.Values, from, to string) {
	for field := range maps.Clone(v) {
		if strings.HasPrefix(field, to) {
			v.Del(field)
		}
	}
	for field, values := range maps.Clone(v) {
		if rest, ok := strings.CutPrefix(field, from); ok {
			v[to+rest] = values
		}
	}
}
