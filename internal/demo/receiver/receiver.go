// Package receiver is a vendor's system for the demo and for tests: it takes
// webhooks, checks their signatures and shows them.
package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// Config holds what a Receiver needs; its zero value will do.
type Config struct {
	Clock   clock.Clock       // the machine's; clock.System when nil
	File    string            // where received webhooks are kept, a JSON line each; "" keeps in memory only
	Keep    int               // how many stay; 200 when 0
	Secrets map[string]string // by hook name: the secret of /hooks/{name}
}

// Received is a webhook as it came.
type Received struct {
	ReceivedAt             time.Time         `json:"receivedAt"`
	Path                   string            `json:"path"`
	Headers                map[string]string `json:"headers"`
	Body                   string            `json:"body"`
	Event                  json.RawMessage   `json:"event"`    // the body as JSON; null when it is none
	Answered               int               `json:"answered"` // the status we answered
	SecretKnown            bool              `json:"secretKnown"`
	CMWSignatureValid      bool              `json:"cmwSignatureValid"`
	StandardSignatureValid bool              `json:"standardSignatureValid"`
}

// Receiver keeps the last webhooks. It is safe for concurrent use. Close it
// when done.
type Receiver struct {
	clock    clock.Clock
	keep     int
	routes   http.Handler
	file     *os.File // nil keeps in memory only
	mu       sync.Mutex
	secrets  map[string]secret.Text
	kept     []Received // oldest first
	failNext int
}

// New reads what the file holds already and returns the receiver. Lines that
// cannot be read, such as one that a crash cut short, are dropped.
func New(cfg Config) (*Receiver, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Keep <= 0 {
		cfg.Keep = 200
	}
	r := &Receiver{clock: cfg.Clock, keep: cfg.Keep, secrets: map[string]secret.Text{}}
	for name, text := range cfg.Secrets {
		r.secrets[name] = secret.Text(text)
	}
	r.routes = r.mux()
	if cfg.File == "" {
		return r, nil
	}
	if err := r.open(cfg.File); err != nil {
		return nil, fmt.Errorf("webhook receiver: %w", err)
	}
	return r, nil
}

// Close closes the file. What comes after it is answered with 500.
func (r *Receiver) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	if err := r.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("webhook receiver: %w", err)
	}
	return nil
}

// SetSecret tells the secret that webhooks to /hooks/{name} are signed with,
// from now on.
func (r *Receiver) SetSecret(name string, text secret.Text) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets[name] = text
}

// FailNext makes the next n webhooks be answered with 500.
func (r *Receiver) FailNext(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failNext = max(n, 0)
}

// Received returns what is kept, the newest first.
func (r *Receiver) Received() []Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.kept)
	slices.Reverse(all)
	return all
}

// take judges and keeps a webhook and returns the status to answer: 204, or
// 500 when told so or when it cannot be kept.
func (r *Receiver) take(name, path string, h http.Header, body []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	key, known := r.secrets[name]
	got := Received{ReceivedAt: now, Path: path, Headers: flat(h), Body: string(body), Answered: http.StatusNoContent, SecretKnown: known,
		CMWSignatureValid:      known && sign.VerifyEvent(h, body, key.Reveal()) == nil,
		StandardSignatureValid: known && sign.VerifyStandard(h, body, now, key.Reveal()) == nil}
	if json.Valid(body) {
		got.Event = json.RawMessage(body)
	}
	if r.failNext > 0 {
		r.failNext--
		got.Answered = http.StatusInternalServerError
	}
	if err := r.write(got); err != nil {
		return http.StatusInternalServerError
	}
	r.kept = append(r.kept, got)
	r.forget()
	return got.Answered
}

func flat(h http.Header) map[string]string {
	out := map[string]string{}
	for name := range h {
		out[name] = h.Get(name)
	}
	return out
}

func (r *Receiver) write(got Received) error {
	if r.file == nil {
		return nil
	}
	line, err := json.Marshal(got)
	if err != nil {
		return err
	}
	_, err = r.file.Write(append(line, '\n'))
	return err
}

func (r *Receiver) forget() {
	if extra := len(r.kept) - r.keep; extra > 0 {
		r.kept = slices.Clone(r.kept[extra:])
	}
}

// open reads the file, writes it anew with what is kept, so that it does not
// grow from start to start, and goes on at its end.
func (r *Receiver) open(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for line := range bytes.Lines(raw) {
		var got Received
		if json.Unmarshal(line, &got) == nil {
			r.kept = append(r.kept, got)
		}
	}
	r.forget()
	if err := r.rewrite(path); err != nil {
		return err
	}
	r.file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

func (r *Receiver) rewrite(path string) error {
	var all bytes.Buffer
	for _, got := range r.kept {
		line, err := json.Marshal(got)
		if err != nil {
			return err
		}
		all.Write(append(line, '\n'))
	}
	unfinished := path + ".part"
	if err := os.WriteFile(unfinished, all.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}
