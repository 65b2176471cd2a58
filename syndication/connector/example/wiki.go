package example

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Wiki is what the vendor sells: a tenant of the service, one for each
// subscription and with its number.
type Wiki struct {
	ID       int    `json:"id"`
	Plan     string `json:"plan"`
	Seats    int    `json:"seats"`
	Address  string `json:"address"` // what the customer calls it; no two are the same
	Region   string `json:"region"`
	Password string `json:"password"` // made with the wiki, and kept over every change
	Asleep   bool   `json:"asleep"`
	Views    int64  `json:"views"` // how often its page was opened
}

// wikis is the service itself. A real one is a system of its own; this one is
// a file.
type wikis struct {
	file string
	mu   sync.Mutex
	all  map[int]Wiki
}

func openWikis(file string) (*wikis, error) {
	s := &wikis{file: file, all: map[int]Wiki{}}
	raw, err := os.ReadFile(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &s.all)
	}
	if err != nil {
		return nil, fmt.Errorf("wikis: %w", err)
	}
	return s, nil
}

// put makes the wiki or changes it, and returns it with its password.
func (s *wikis) put(w Wiki) (Wiki, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.all[w.ID]; ok {
		w.Password, w.Views = old.Password, old.Views
	} else {
		w.Password = rand.Text()
	}
	s.all[w.ID] = w
	return w, s.save()
}

// remove ends a wiki; that it is gone already is fine.
func (s *wikis) remove(id int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, id)
	return s.save()
}

func (s *wikis) get(id int) (Wiki, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.all[id]
	return w, ok
}

// view counts an opened page.
func (s *wikis) view(id int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.all[id]
	if !ok {
		return nil
	}
	w.Views++
	s.all[id] = w
	return s.save()
}

// taken reports whether a wiki other than the one has the address.
func (s *wikis) taken(address string, but int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.all {
		if w.Address == address && w.ID != but {
			return true
		}
	}
	return false
}

// save replaces the file whole.
func (s *wikis) save() error {
	if s.file == "" {
		return nil
	}
	raw, err := json.Marshal(s.all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file+".new", s.file)
}
