package example

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// cloud is what the file holds. A real plugin asks its foreign system instead,
// and finds its own objects there by name or tag.
type cloud struct {
	Boxes map[string]box    `json:"boxes"` // by subscription
	Calls map[string]string `json:"calls"` // fingerprint by idempotency key
}

type box struct {
	Size   int    `json:"size"`
	Key    string `json:"key"`
	Locked bool   `json:"locked"`
}

func open(settings json.RawMessage) (file string, c *cloud, err error) {
	var s struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(settings, &s); err != nil || s.File == "" {
		return "", nil, sdk.Permanent("The settings name no file.")
	}
	c = &cloud{Boxes: map[string]box{}, Calls: map[string]string{}}
	text, err := os.ReadFile(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return s.File, c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	if err != nil {
		return "", nil, sdk.Transient(err, "The file %s cannot be read.", s.File)
	}
	return s.File, c, nil
}

// change applies f to the cloud and keeps, in the same step, that the key was
// used for this content. The rename makes it all or nothing.
func (p *Provider) change(ctx context.Context, verb string, req sdk.Request, f func(*cloud)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	file, c, err := open(req.Subscription.Settings)
	if err != nil {
		return err
	}
	content := fingerprint(verb, req.Subscription)
	if before, ok := c.Calls[req.Key]; ok && before != content {
		return sdk.Conflict("The key %s was used for another call.", req.Key)
	}
	f(c)
	c.Calls[req.Key] = content
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return sdk.Transient(err, "The call was given up.")
	}
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return sdk.Transient(err, "The file %s cannot be written.", file)
	}
	return os.Rename(file+".new", file)
}
