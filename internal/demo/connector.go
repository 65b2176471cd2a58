package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/syndication/connector/example"
)

// terminationGrace is how long the demo waits for a vendor who should remove
// something: long enough to see it on its way.
const terminationGrace = 10 * time.Second

// startConnector starts the system of the vendor whose product is syndicated.
// It comes last: it has the token of the person that the seed made.
func (d *Demo) startConnector(_ context.Context, p *ports) error {
	c, err := example.New(example.Config{API: d.file.Connector, Token: d.file.Users["vendor"].Token,
		Secrets: []string{connectorSecret}, URL: d.file.Quaderno, File: d.path("wikis.json"), Log: d.cfg.Log.With("component", "quaderno")})
	if err != nil {
		return fmt.Errorf("example connector: %w", err)
	}
	d.serve(p.quaderno, c)
	return nil
}
