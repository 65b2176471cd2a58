package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// compactAfter is how many bytes of changes are kept before the journal is
// written anew.
const compactAfter = 32 << 20

// record is one line of the journal: a head, a put, a delete or a counter.
type record struct {
	Sandbox int           `json:"sandbox,omitempty"` // the head: the format's version
	NodeID  string        `json:"nodeId,omitempty"`
	Put     string        `json:"put,omitempty"` // the kind
	Entity  entity        `json:"entity,omitempty"`
	Delete  string        `json:"delete,omitempty"` // the kind
	ID      string        `json:"id,omitempty"`
	Counter *savedCounter `json:"counter,omitempty"`
}

// journal is the file that keeps a gateway over a restart: the state when it
// was opened, then every change in order, one JSON line each. A line cut off
// by a kill is the last one and was not acknowledged, so it is dropped. The
// zero value keeps nothing.
type journal struct {
	path string

	bufMu sync.Mutex // guards buf; taken under the gateway's lock
	buf   bytes.Buffer

	fileMu sync.Mutex // guards the rest; held while the disk works
	file   *os.File
	size   int64
	broken error
}

// add queues changes. Called under the gateway's lock, so that their order is
// that of the store; commit makes them last.
func (j *journal) add(records []record) {
	if j.path == "" {
		return
	}
	j.bufMu.Lock()
	defer j.bufMu.Unlock()
	enc := json.NewEncoder(&j.buf)
	for _, r := range records {
		_ = enc.Encode(r) // built of JSON values
	}
}

// commit returns when everything added before is on disk. Those who call at
// once share one write.
func (j *journal) commit() error {
	if j.path == "" {
		return nil
	}
	j.fileMu.Lock()
	defer j.fileMu.Unlock()
	lines := j.take()
	if len(lines) == 0 || j.broken != nil {
		return j.broken
	}
	n, err := j.file.Write(lines)
	j.size += int64(n)
	if err = errors.Join(err, j.file.Sync()); err != nil {
		j.broken = fmt.Errorf("journal %s: %w", j.path, err)
	}
	return j.broken
}

func (j *journal) take() []byte {
	j.bufMu.Lock()
	defer j.bufMu.Unlock()
	lines := bytes.Clone(j.buf.Bytes())
	j.buf.Reset()
	return lines
}

// replay reads the file and gives each record to apply; no file is no record.
func (j *journal) replay(apply func(record) error) error {
	f, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && (n > 1 || len(line) == 0) {
			return nil // whole file, or a last line that was cut off
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			return fmt.Errorf("line %d is not of a gateway's journal: %w", n, err)
		}
		if n == 1 && rec.Sandbox != 1 {
			return fmt.Errorf("this is not a gateway's journal (format %d)", rec.Sandbox)
		}
		if err := apply(rec); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

// rewrite replaces the file by the given state, atomically: after a kill it
// is the old one or the new one. The caller keeps the state from changing, so
// what is queued is part of it already. The file holds keys; only its owner
// may read it.
func (j *journal) rewrite(state []record) error {
	if j.path == "" {
		return nil
	}
	j.fileMu.Lock()
	defer j.fileMu.Unlock()
	f, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*")
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, r := range state {
		_ = enc.Encode(r) // errors stay in w
	}
	if err = errors.Join(w.Flush(), f.Sync()); err == nil {
		err = os.Rename(f.Name(), j.path)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	j.take()
	old := j.file
	j.file, j.size = f, 0
	if old != nil {
		return old.Close()
	}
	return nil
}

// long tells whether a rewrite is due.
func (j *journal) long() bool {
	j.fileMu.Lock()
	defer j.fileMu.Unlock()
	return j.size > compactAfter
}

func (j *journal) close() error {
	j.fileMu.Lock()
	defer j.fileMu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file, j.broken = nil, errors.New("the gateway is closed")
	return err
}
