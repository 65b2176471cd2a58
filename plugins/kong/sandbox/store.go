package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// entity is one object of the Admin API in its JSON form. A stored entity is
// never changed in place: writers replace it, so readers need no lock after
// they have it.
type entity map[string]any

func (e entity) id() string { return e.str("id") }

func (e entity) str(field string) string {
	s, _ := e[field].(string)
	return s
}

func (e entity) strings(field string) []string { return stringsOf(e[field]) }

func (e entity) record(field string) entity {
	m, _ := e[field].(map[string]any)
	return m
}

// ref returns the id of the foreign entity in field, "" for none.
func (e entity) ref(field string) string { return e.record(field).str("id") }

func (e entity) num(field string) float64 {
	n, _ := e[field].(float64)
	return n
}

func (e entity) is(field string) bool {
	b, _ := e[field].(bool)
	return b
}

func stringsOf(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// store holds the entities by kind and id, with the indexes that constraints
// and the proxy need. The gateway's lock guards it.
type store struct {
	kinds    *kindSet
	entities map[string]map[string]entity
	unique   map[uniqueRef]string           // to the id
	children map[childRef]map[string]entity // by id
	changes  []record                       // since the last drain
}

type uniqueRef struct {
	kind, fields, key string
}

type childRef struct {
	kind, field, parent string
}

func newStore(kinds *kindSet) *store {
	s := &store{
		kinds: kinds, entities: map[string]map[string]entity{}, unique: map[uniqueRef]string{}, children: map[childRef]map[string]entity{},
	}
	for _, k := range kinds.all {
		s.entities[k.name] = map[string]entity{}
	}
	return s
}

// set stores e over what has its id, whatever the constraints say.
func (s *store) set(k *kind, e entity) {
	s.unindex(k, e.id())
	s.entities[k.name][e.id()] = e
	for _, fields := range k.unique {
		if ref, ok := refOf(k, e, fields); ok {
			s.unique[ref] = e.id()
		}
	}
	for _, f := range k.foreign {
		ref := childRef{k.name, f.field, e.ref(f.field)}
		if ref.parent == "" {
			continue
		}
		if s.children[ref] == nil {
			s.children[ref] = map[string]entity{}
		}
		s.children[ref][e.id()] = e
	}
	s.changes = append(s.changes, record{Put: k.name, Entity: e})
}

// unset forgets the entity.
func (s *store) unset(k *kind, id string) {
	s.unindex(k, id)
	delete(s.entities[k.name], id)
	s.changes = append(s.changes, record{Delete: k.name, ID: id})
}

func (s *store) unindex(k *kind, id string) {
	e, ok := s.entities[k.name][id]
	if !ok {
		return
	}
	for _, fields := range k.unique {
		if ref, ok := refOf(k, e, fields); ok {
			delete(s.unique, ref)
		}
	}
	for _, f := range k.foreign {
		ref := childRef{k.name, f.field, e.ref(f.field)}
		delete(s.children[ref], id)
		if len(s.children[ref]) == 0 {
			delete(s.children, ref)
		}
	}
}

// drain returns the changes since the last drain, in order.
func (s *store) drain() []record {
	out := s.changes
	s.changes = nil
	return out
}

// refOf is the entity's place in a unique index; an empty single field has
// none.
func refOf(k *kind, e entity, fields []string) (uniqueRef, bool) {
	if len(fields) == 1 && e[fields[0]] == nil {
		return uniqueRef{}, false
	}
	values := make([]any, len(fields))
	for i, f := range fields {
		values[i] = e[f]
	}
	raw, _ := json.Marshal(values) // JSON values always marshal
	return uniqueRef{k.name, strings.Join(fields, ","), string(raw)}, true
}

// find returns the entity with that id or, for kinds whose name is unique,
// that name.
func (s *store) find(k *kind, idOrName string) (entity, bool) {
	if e, ok := s.entities[k.name][idOrName]; ok {
		return e, true
	}
	if k.nameField == "" {
		return nil, false
	}
	ref, _ := refOf(k, entity{k.nameField: idOrName}, []string{k.nameField})
	e, ok := s.entities[k.name][s.unique[ref]]
	return e, ok
}

// where returns the entities that match, by id.
func (s *store) where(k *kind, match func(entity) bool) []entity {
	var out []entity
	for _, e := range s.entities[k.name] {
		if match(e) {
			out = append(out, e)
		}
	}
	return byID(out)
}

// under returns the entities whose field refers to the parent, by id.
func (s *store) under(k *kind, field, parent string) []entity {
	return byID(slices.Collect(maps.Values(s.children[childRef{k.name, field, parent}])))
}

func byID(list []entity) []entity {
	slices.SortFunc(list, func(a, b entity) int { return strings.Compare(a.id(), b.id()) })
	return list
}

func (s *store) insert(k *kind, e entity) *apiError {
	if _, taken := s.entities[k.name][e.id()]; taken {
		return primaryKeyViolation(e.id())
	}
	return s.put(k, e)
}

// put stores e over what has its id, when all constraints hold.
func (s *store) put(k *kind, e entity) *apiError {
	if err := s.checkForeign(k, e); err != nil {
		return err
	}
	if err := s.checkUnique(k, e); err != nil {
		return err
	}
	s.set(k, e)
	return nil
}

func (s *store) checkForeign(k *kind, e entity) *apiError {
	for _, f := range k.foreign {
		ref, ok := e[f.field].(map[string]any)
		if !ok {
			continue
		}
		parent := s.kinds.named(f.kind)
		found, ok := s.find(parent, refKey(ref, parent))
		if !ok {
			return foreignKeyMissing(f.field, f.kind, ref)
		}
		e[f.field] = map[string]any{"id": found.id()}
	}
	return nil
}

func refKey(ref map[string]any, parent *kind) string {
	if id := entity(ref).id(); id != "" {
		return id
	}
	return entity(ref).str(parent.nameField)
}

func (s *store) checkUnique(k *kind, e entity) *apiError {
	for _, fields := range k.unique {
		ref, ok := refOf(k, e, fields)
		if id, taken := s.unique[ref]; ok && taken && id != e.id() {
			return uniqueViolation(e, fields)
		}
	}
	return nil
}

// remove deletes the entity with its dependants, or refuses when one of them
// holds it.
func (s *store) remove(k *kind, id string) *apiError {
	for _, child := range s.kinds.all {
		for _, f := range child.foreign {
			if f.kind == k.name && !f.cascade && len(s.children[childRef{child.name, f.field, id}]) > 0 {
				return referenced(k.name, child.name)
			}
		}
	}
	s.unset(k, id)
	for _, child := range s.kinds.all {
		for _, f := range child.foreign {
			if f.kind != k.name || !f.cascade {
				continue
			}
			for _, e := range s.under(child, f.field, id) {
				s.unset(child, e.id())
			}
		}
	}
	return nil
}

// newUUID returns a random (version 4) UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newKey returns a random key of 32 letters and digits, as Kong makes them.
func newKey() string {
	var b [48]byte
	_, _ = rand.Read(b[:])
	s := base64.RawStdEncoding.EncodeToString(b[:])
	return strings.NewReplacer("+", "x", "/", "y").Replace(s)[:32]
}
