package notify

import (
	"context"
	"log/slog"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Config is what the service needs; all of it.
type Config struct {
	DB     *store.DB
	Jobs   *jobs.Client
	Events *event.Log
	Sender mail.Sender
	// From is the e-mail address that mails come from; their name is the
	// marketplace's.
	From string
	// BaseURL is where the portal of a marketplace is, as people reach it:
	// "https://market.example", without a slash at the end.
	BaseURL func(account.Marketplace) string
	Log     *slog.Logger
}

// Service writes mails and sends them.
type Service struct {
	db      *store.DB
	jobs    *jobs.Client
	sender  mail.Sender
	from    string
	baseURL func(account.Marketplace) string
	log     *slog.Logger
}

// New returns the service, subscribes it to the events and registers its job.
func New(cfg Config) *Service {
	s := &Service{db: cfg.DB, jobs: cfg.Jobs, sender: cfg.Sender, from: cfg.From, baseURL: cfg.BaseURL,
		log: cfg.Log.With("component", "notify")}
	cfg.Events.Subscribe(s.announce)
	jobs.Register(cfg.Jobs, s.send)
	return s
}

// List returns the marketplace's mails for operators, newest first.
func (s *Service) List(ctx context.Context, actor account.Actor, req page.Request) (page.Page[Mail], error) {
	if err := actor.Need(account.SeeWorkspace); err != nil {
		return page.Page[Mail]{}, err
	}
	var out page.Page[Mail]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = list(ctx, tx, req)
		return err
	})
	return out, err
}
