package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// saveDelay is how long counters may be ahead of the snapshot.
const saveDelay = 200 * time.Millisecond

// snapshotFile is the file's form.
type snapshotFile struct {
	Version  int                 `json:"version"`
	NodeID   string              `json:"nodeId"`
	Entities map[string][]entity `json:"entities"`
	Counters []savedCounter      `json:"counters"`
}

// snapshot collects what is saved.
func (g *Gateway) snapshot() snapshotFile {
	file := snapshotFile{Version: 1, NodeID: g.nodeID, Entities: map[string][]entity{}}
	g.mu.RLock()
	for _, k := range kinds {
		file.Entities[k.name] = g.store.where(k, func(entity) bool { return true })
	}
	g.mu.RUnlock()
	file.Counters = g.counters.saved(g.cfg.Clock.Now())
	return file
}

// load reads the snapshot; none is an empty gateway.
func (g *Gateway) load() error {
	if g.cfg.Snapshot == "" {
		return nil
	}
	raw, err := os.ReadFile(g.cfg.Snapshot)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var file snapshotFile
	if err := json.Unmarshal(raw, &file); err != nil {
		return fmt.Errorf("not a snapshot: %w", err)
	}
	if file.Version != 1 {
		return fmt.Errorf("snapshot version %d is not known", file.Version)
	}
	g.nodeID = file.NodeID
	for _, k := range kinds {
		for _, e := range file.Entities[k.name] {
			g.store.entities[k.name][e.id()] = e
		}
	}
	g.counters.restore(file.Counters)
	return nil
}

// saver writes the snapshot file: at once on now, soon after touch.
type saver struct {
	path    string
	log     *slog.Logger
	collect func() snapshotFile

	mu    sync.Mutex // one writer at a time, and in order
	dirty chan struct{}
	done  chan struct{}
	wg    sync.WaitGroup
}

func newSaver(path string, log *slog.Logger, collect func() snapshotFile) *saver {
	return &saver{path: path, log: log, collect: collect, dirty: make(chan struct{}, 1), done: make(chan struct{})}
}

func (s *saver) start() {
	if s.path == "" {
		return
	}
	s.wg.Go(s.run)
}

// touch asks for a save within saveDelay.
func (s *saver) touch() {
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

func (s *saver) run() {
	for {
		select {
		case <-s.done:
			return
		case <-s.dirty:
		}
		timer := time.NewTimer(saveDelay)
		select {
		case <-s.done:
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := s.now(); err != nil {
			s.log.Error("snapshot not written", "error", err)
		}
	}
}

// now writes the snapshot and returns when it is on disk.
func (s *saver) now() error {
	if s.path == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := json.Marshal(s.collect())
	if err != nil {
		return err
	}
	return writeAtomically(s.path, raw)
}

func (s *saver) close() error {
	close(s.done)
	s.wg.Wait()
	return s.now()
}

// writeAtomically replaces the file so that a reader, or a restart after a
// kill, finds the old content or the new one. The content holds keys, so only
// the owner may read it.
func writeAtomically(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
