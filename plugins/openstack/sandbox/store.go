package sandbox

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// object is one thing in its JSON form. Fields that begin with "_" are the
// sandbox's own and never shown. A stored object is replaced, not changed.
type object map[string]any

func (o object) text(field string) string {
	s, _ := o[field].(string)
	return s
}

func (o object) id() string { return o.text("id") }

func (o object) is(field string) bool {
	b, _ := o[field].(bool)
	return b
}

func (o object) number(field string) int64 {
	switch n := o[field].(type) {
	case int64:
		return n
	case int:
		return int64(n)
	case float64:
		return int64(n)
	}
	return 0
}

func (o object) sub(field string) object { return asObject(o[field]) }

func asObject(v any) object {
	switch m := v.(type) {
	case object:
		return m
	case map[string]any:
		return m
	}
	return nil
}

func (o object) texts(field string) []string {
	list, _ := o[field].([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// with is a copy with other values.
func (o object) with(changes object) object {
	out := maps.Clone(o)
	maps.Copy(out, changes)
	return out
}

// shown is a copy without what is the sandbox's own.
func (o object) shown() object {
	out := maps.Clone(o)
	maps.DeleteFunc(out, func(name string, _ any) bool { return strings.HasPrefix(name, "_") })
	return out
}

// store holds the objects by kind, in the order they were made. Every change
// goes to the snapshot's file as a line before it is answered.
type store struct {
	kinds map[string]*table
	path  string
	file  *os.File
	lines []line
}

// table has, beside its objects, the ids of those that have a key: a name, a
// tag, or the project they are in. A cloud of ten thousand projects is asked
// for one of them all the time.
type table struct {
	byID  map[string]object
	order []string
	index map[string]map[string]bool
}

// keysOf are the keys that an object is found by.
func keysOf(kind string, o object) []string {
	if kind == "assignments" {
		project, user, _ := assignmentOf(o)
		return []string{"project=" + project, "user=" + user}
	}
	out := []string{"name=" + o.text("name"), "project=" + projectOf(o)}
	for _, tag := range o.texts("tags") {
		out = append(out, "tag="+tag)
	}
	return out
}

// projectOf is the project an object is in; Nova and Neutron call it tenant.
func projectOf(o object) string {
	for _, field := range []string{"project_id", "tenant_id", "_project", "owner"} {
		if p := o.text(field); p != "" {
			return p
		}
	}
	return ""
}

// line is one change of the snapshot's file.
type line struct {
	Kind   string `json:"kind"`
	Object object `json:"object,omitempty"`
	Gone   string `json:"gone,omitempty"` // the id of what was removed
}

func (s *store) table(kind string) *table {
	if s.kinds[kind] == nil {
		s.kinds[kind] = &table{byID: map[string]object{}, index: map[string]map[string]bool{}}
	}
	return s.kinds[kind]
}

func (s *store) put(kind string, o object) {
	t := s.table(kind)
	if old := t.byID[o.id()]; old == nil {
		t.order = append(t.order, o.id())
	} else {
		t.unindex(kind, old)
	}
	t.byID[o.id()] = o
	for _, key := range keysOf(kind, o) {
		if t.index[key] == nil {
			t.index[key] = map[string]bool{}
		}
		t.index[key][o.id()] = true
	}
	s.record(line{Kind: kind, Object: o})
}

func (s *store) remove(kind, id string) {
	t := s.table(kind)
	if t.byID[id] == nil {
		return
	}
	t.unindex(kind, t.byID[id])
	delete(t.byID, id)
	s.record(line{Kind: kind, Gone: id})
	if len(t.order) < 2*len(t.byID)+16 {
		return
	}
	kept := t.order[:0]
	for _, id := range t.order {
		if t.byID[id] != nil {
			kept = append(kept, id)
		}
	}
	t.order = kept
}

func (t *table) unindex(kind string, o object) {
	for _, key := range keysOf(kind, o) {
		delete(t.index[key], o.id())
		if len(t.index[key]) == 0 {
			delete(t.index, key)
		}
	}
}

func (s *store) get(kind, id string) object { return s.table(kind).byID[id] }

// where returns those that match, oldest first.
func (s *store) where(kind string, match func(object) bool) []object {
	var out []object
	seen := map[string]bool{}
	t := s.table(kind)
	for _, id := range t.order {
		if o := t.byID[id]; o != nil && !seen[id] && match(o) {
			out = append(out, o)
		}
		seen[id] = true
	}
	return out
}

// with returns those that have the key and match, in the order of their ids.
func (s *store) with(kind, key string, match func(object) bool) []object {
	t := s.table(kind)
	var out []object
	for _, id := range slices.Sorted(maps.Keys(t.index[key])) {
		if match(t.byID[id]) {
			out = append(out, t.byID[id])
		}
	}
	return out
}

// anyObject matches everything.
func anyObject(object) bool { return true }

func (s *store) record(l line) {
	if s.path != "" {
		s.lines = append(s.lines, l)
	}
}

// openStore reads the file, when there is one, and writes it anew without
// what was overtaken. A last line that was cut off was never answered.
func openStore(path string) (*store, error) {
	s := &store{kinds: map[string]*table{}}
	if path == "" {
		return s, nil
	}
	if err := s.replay(path); err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", path, err)
	}
	s.path = path
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	s.file = f
	for kind, t := range s.kinds {
		for _, id := range t.order {
			if t.byID[id] != nil {
				s.lines = append(s.lines, line{Kind: kind, Object: t.byID[id]})
			}
		}
	}
	if err := errors.Join(s.commit(), os.Rename(f.Name(), path)); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return s, nil
}

func (s *store) replay(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		raw, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var l line
		if err := json.Unmarshal(raw, &l); err != nil || l.Kind == "" {
			return fmt.Errorf("line %d is not of a cloud's snapshot", n)
		}
		if l.Gone != "" {
			s.remove(l.Kind, l.Gone)
			continue
		}
		s.put(l.Kind, l.Object)
	}
}

// commit writes the changes so far. A process that is killed loses none that
// was answered; a machine that loses power may.
func (s *store) commit() error {
	if s.file == nil || len(s.lines) == 0 {
		return nil
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	for _, l := range s.lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	s.lines = nil
	_, err := io.WriteString(s.file, text.String())
	return err
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.commit(), s.file.Close())
	s.file = nil
	return err
}

// newID is an id as Keystone makes them.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return hex.EncodeToString(b[:])
}

// newUUID is an id as the other services make them.
func newUUID() string {
	id := newID()
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}
