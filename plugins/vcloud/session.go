package vcloud

import (
	"sync"

	"github.com/vmware/go-vcloud-director/v2/govcd"
)

// maxSessions is how many logins are kept; beyond, all are made anew.
const maxSessions = 256

// sessions keeps logins, so that not every call has to log in. What the cloud
// ends is dropped when it says so.
type sessions struct {
	mu   sync.Mutex
	kept map[string]govcd.VCDClient
}

func newSessions() *sessions { return &sessions{kept: map[string]govcd.VCDClient{}} }

func (s *sessions) get(key string) (govcd.VCDClient, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	vcd, ok := s.kept[key]
	return vcd, ok
}

func (s *sessions) put(key string, vcd govcd.VCDClient) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxSessions {
		clear(s.kept)
	}
	s.kept[key] = vcd
}

func (s *sessions) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
}
