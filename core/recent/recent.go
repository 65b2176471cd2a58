// Package recent remembers what was found out a moment ago, where finding it out
// again is dear: for a fixed time, so much and no more. It owns no rule of when
// that is right; whoever uses it says what a value depends on, in the key.
package recent

import (
	"sync"
	"time"
)

// Map holds values by key, each for the same time. It may be used by several
// goroutines; get it from New.
type Map[K comparable, V any] struct {
	lasts time.Duration
	most  int

	mu   sync.Mutex
	kept map[K]entry[V]
}

type entry[V any] struct {
	value V
	until time.Time
}

// New returns an empty map that keeps at most so many values, each as long as
// it lasts.
func New[K comparable, V any](most int, lasts time.Duration) *Map[K, V] {
	return &Map[K, V]{lasts: lasts, most: most, kept: map[K]entry[V]{}}
}

// Get returns the value, and false when there is none or its time is over.
func (m *Map[K, V]) Get(key K, now time.Time) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.kept[key]
	if !ok || !now.Before(e.until) {
		var none V
		return none, false
	}
	return e.value, true
}

// Put keeps the value from now on.
func (m *Map[K, V]) Put(key K, value V, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) >= m.most {
		m.forget(now)
	}
	m.kept[key] = entry[V]{value: value, until: now.Add(m.lasts)}
}

// forget drops what is over, and everything when that was nothing: whoever asks
// for ever new things pays for each.
func (m *Map[K, V]) forget(now time.Time) {
	for key, e := range m.kept {
		if !now.Before(e.until) {
			delete(m.kept, key)
		}
	}
	if len(m.kept) >= m.most {
		clear(m.kept)
	}
}
