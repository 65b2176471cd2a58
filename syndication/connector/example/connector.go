// Package example is a whole connector: what a vendor writes once so that the
// marketplace sells a service of the vendor's own. It uses the standard
// library and the connector API, nothing else. See README.md.
package example

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Config says where the connector stands between the marketplace and the
// service.
type Config struct {
	API     string   // base URL of the connector API: "https://market.example.com/connector/api"
	Token   string   // the vendor's token
	Secrets []string // what events are signed with: the newest, and the one before while it is replaced
	URL     string   // where customers reach this server, without a slash at the end
	File    string   // where the service keeps its wikis; "" keeps in memory only
	Log     *slog.Logger
	Client  *http.Client     // for the connector API; one that waits 20 seconds when nil
	Now     func() time.Time // time.Now when nil
}

// Connector takes the marketplace's events and questions and runs the service
// behind them. It is an http.Handler and safe for concurrent use.
type Connector struct {
	cfg    Config
	market market
	wikis  *wikis
	routes *http.ServeMux
	seen   *seen
	one    sync.Mutex // one event at a time
}

// New returns a connector that goes on with the wikis of the file.
func New(cfg Config) (*Connector, error) {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 20 * time.Second}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	w, err := openWikis(cfg.File)
	if err != nil {
		return nil, err
	}
	c := &Connector{cfg: cfg, market: market{base: cfg.API, token: cfg.Token, client: cfg.Client}, wikis: w, seen: newSeen(1000)}
	c.routes = http.NewServeMux()
	c.routes.HandleFunc("POST /event", c.event)
	c.routes.HandleFunc("POST /validate", c.validate)
	c.routes.HandleFunc("POST /values", c.values)
	c.routes.HandleFunc("GET /metrics/views", c.views)
	c.routes.HandleFunc("GET /wikis/{id}", c.page)
	return c, nil
}

// ServeHTTP answers the marketplace and the customers.
func (c *Connector) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.routes.ServeHTTP(w, r) }
