package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// load brings back what the snapshot holds. Tasks that ran when it was written
// have ended with an error, as they do when a cell of the real cloud stops.
func (c *Cloud) load() error {
	if c.cfg.Snapshot == "" {
		return nil
	}
	raw, err := os.ReadFile(c.cfg.Snapshot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &c.state); err != nil {
		return fmt.Errorf("the snapshot %s cannot be read: %w", c.cfg.Snapshot, err)
	}
	for _, t := range c.state.Tasks {
		if t.Status == "running" {
			t.Status, t.End = "error", c.cfg.Clock.Now()
			t.Error = &types.Error{MajorErrorCode: 500, MinorErrorCode: "INTERNAL_SERVER_ERROR", Message: "The cell was restarted."}
		}
	}
	for _, v := range c.state.VDCs {
		if v.Status == 0 {
			v.Status = -1
		}
	}
	return nil
}

// save writes the whole state; who was answered finds it after a kill.
func (c *Cloud) save() error {
	c.dirty = false
	if c.cfg.Snapshot == "" {
		return nil
	}
	raw, err := json.Marshal(c.state)
	if err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(c.cfg.Snapshot), "."+filepath.Base(c.cfg.Snapshot)+".new")
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, c.cfg.Snapshot)
}
