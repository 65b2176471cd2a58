package mail

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
)

// SinkConfig holds what a Sink needs. Clock is required.
type SinkConfig struct {
	Dir   string // folder of the .eml files, made when missing; "" keeps in memory only
	Keep  int    // how many messages stay; 200 when 0
	Clock clock.Clock
	Log   *slog.Logger // tells of files that cannot be read; silent when nil
}

// Received is a message as the sink keeps it.
type Received struct {
	Number  int // rises by one with every message, also over restarts
	At      time.Time
	Message Message
	EML     []byte // the message as it would have gone over the wire
}

// Sink takes messages instead of a mail server and keeps the last of them. It
// goes on with what is in its folder when it is started again. It is safe for
// concurrent use.
type Sink struct {
	cfg  SinkConfig
	mu   sync.Mutex
	kept []Received // oldest first
	last int
}

var _ Sender = (*Sink)(nil)

// NewSink opens the folder and reads what is in it. Files it cannot read are
// left alone.
func NewSink(cfg SinkConfig) (*Sink, error) {
	if cfg.Clock == nil {
		return nil, fault.New(fault.Internal, "The mail sink needs a clock.")
	}
	if cfg.Keep <= 0 {
		cfg.Keep = 200
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sink{cfg: cfg}
	if cfg.Dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail sink: %w", err)
	}
	return s, s.load()
}

// Send keeps m. It fails on a wrong message and on a folder that cannot be
// written, and then keeps nothing.
func (s *Sink) Send(_ context.Context, m Message) error {
	now := s.cfg.Clock.Now()
	msg, err := m.encode(now)
	if err != nil {
		return err
	}
	var eml bytes.Buffer
	if _, err := msg.WriteTo(&eml); err != nil {
		return fmt.Errorf("mail %s: %w", m.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Received{Number: s.last + 1, At: now, Message: m, EML: eml.Bytes()}
	if err := s.write(r); err != nil {
		return fault.New(fault.Unavailable, "The mail sink's folder cannot be written.").Because(err)
	}
	s.last = r.Number
	s.kept = append(s.kept, r)
	s.forget()
	return nil
}

// Messages returns what is kept, the newest first.
func (s *Sink) Messages() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.kept)
	slices.Reverse(all)
	return all
}

// Message returns one message, or a NotFound fault.
func (s *Sink) Message(number int) (Received, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.kept {
		if r.Number == number {
			return r, nil
		}
	}
	return Received{}, fault.Newf(fault.NotFound, "There is no message %d. Only the last %d are kept.", number, s.cfg.Keep)
}

// write puts the file in place in one step: a crash leaves a whole file or none.
func (s *Sink) write(r Received) error {
	if s.cfg.Dir == "" {
		return nil
	}
	unfinished := s.path(r.Number) + ".part"
	if err := os.WriteFile(unfinished, r.EML, 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, s.path(r.Number))
}

func (s *Sink) path(number int) string {
	return filepath.Join(s.cfg.Dir, fmt.Sprintf("%06d.eml", number))
}

// forget drops the oldest beyond Keep.
func (s *Sink) forget() {
	for len(s.kept) > s.cfg.Keep {
		if s.cfg.Dir != "" {
			_ = os.Remove(s.path(s.kept[0].Number)) // a file that stays is read again and dropped at the next start
		}
		s.kept = s.kept[1:]
	}
}

func (s *Sink) load() error {
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("mail sink: %w", err)
	}
	for _, entry := range entries {
		number, err := strconv.Atoi(strings.TrimSuffix(entry.Name(), ".eml"))
		if err != nil || number < 1 || filepath.Ext(entry.Name()) != ".eml" {
			continue
		}
		s.last = max(s.last, number)
		r, err := s.read(number, filepath.Join(s.cfg.Dir, entry.Name()))
		if err != nil {
			s.cfg.Log.Warn("mail sink: a file cannot be read and is left alone", "file", entry.Name(), "error", err)
			continue
		}
		s.kept = append(s.kept, r)
	}
	slices.SortFunc(s.kept, func(a, b Received) int { return cmp.Compare(a.Number, b.Number) })
	s.forget()
	return nil
}

func (s *Sink) read(number int, path string) (Received, error) {
	eml, err := os.ReadFile(path)
	if err != nil {
		return Received{}, err
	}
	m, at, err := decode(eml)
	return Received{Number: number, At: at, Message: m, EML: eml}, err
}
