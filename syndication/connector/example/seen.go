package example

// seen remembers the last webhook ids, so that an event that comes twice is
// done once. It need not survive a restart: doing an event again is no harm,
// only work.
type seen struct {
	ids  map[string]bool
	ring []string // in the order they came
	next int
}

func newSeen(size int) *seen {
	return &seen{ids: map[string]bool{}, ring: make([]string, size)}
}

func (s *seen) has(id string) bool { return s.ids[id] }

func (s *seen) add(id string) {
	delete(s.ids, s.ring[s.next])
	s.ids[id], s.ring[s.next] = true, id
	s.next = (s.next + 1) % len(s.ring)
}
