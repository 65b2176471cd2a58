package notify

import (
	"context"
	"fmt"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/store"
)

const language = "en"

// announce writes the mails of an event (event.Subscriber), with the data that
// its transaction sees.
func (s *Service) announce(ctx context.Context, tx *store.Tx, e event.Event) error {
	letters, err := compose(ctx, tx, e)
	if err != nil || len(letters) == 0 {
		return err
	}
	if done, err := written(ctx, tx, e.ID); err != nil || done {
		return err
	}
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, l := range letters {
		key := string(l.kind) + " " + l.data.To.Email
		if seen[key] {
			continue // two operators may share an address
		}
		seen[key] = true
		if err := s.write(ctx, tx, e, m, l); err != nil {
			return err
		}
	}
	return nil
}

// write keeps one mail and queues it. One that cannot be written is kept as
// failed: it must not hold up who else listens to the event.
func (s *Service) write(ctx context.Context, tx *store.Tx, e event.Event, m account.Marketplace, l letter) error {
	d := l.data
	d.ID = fmt.Sprintf("event-%d-%s", e.ID, l.kind)
	d.From, d.Marketplace = s.fromAddress(m), m.Name
	d.Link = strings.TrimSuffix(s.baseURL(m), "/") + d.Link
	row := Mail{EventID: e.ID, Kind: l.kind, Recipient: d.To.Email, Status: Pending}
	message, err := mail.Render(l.kind, language, d)
	if err != nil {
		s.log.ErrorContext(ctx, "mail cannot be written", "event", e.ID, "kind", l.kind, "error", err)
		row.Status, row.Error = Failed, fault.As(err).Message
	}
	row.Subject, row.Body = message.Subject, message.Text
	id, err := insert(ctx, tx, row)
	if err != nil || row.Status == Failed {
		return err
	}
	return s.jobs.Insert(ctx, tx, sendArgs{MarketplaceID: tx.Marketplace(), MailID: id}, jobs.Options{Queue: jobs.Deliver, MaxAttempts: tries})
}

func (s *Service) fromAddress(m account.Marketplace) mail.Address {
	return mail.Address{Name: m.Name, Email: s.from}
}

// sendArgs name a mail.
type sendArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	MailID        int64 `json:"mailId"`
}

// Kind names the job in the queue.
func (sendArgs) Kind() string { return "mail.send" }

// Scope says where it works.
func (a sendArgs) Scope() int64 { return a.MarketplaceID }

// tries is how often a mail is sent before it is given up: with the queue's
// pauses, about a day.
const tries = 150

// send hands a mail to the mail server, outside any transaction, and records
// the outcome. Killed in between, it is sent again with the same Message-ID.
func (s *Service) send(ctx context.Context, job jobs.Job[sendArgs]) error {
	message, ok, err := s.message(ctx, job.Args)
	if err != nil || !ok {
		return err
	}
	sendErr := s.sender.Send(ctx, message)
	if sendErr != nil && ctx.Err() != nil {
		return fmt.Errorf("mail %d: %w", job.Args.MailID, ctx.Err()) // the server stops
	}
	status, text := Sent, ""
	if sendErr != nil {
		status, text = Pending, fault.As(sendErr).Message
		if job.Last || fault.Is(sendErr, fault.Invalid) {
			status = Failed
		}
	}
	err = s.db.InTx(context.WithoutCancel(ctx), job.Args.MarketplaceID, func(tx *store.Tx) error {
		return settle(context.WithoutCancel(ctx), tx, job.Args.MailID, status, text)
	})
	switch {
	case err != nil:
		return err
	case status == Failed:
		return jobs.Cancel(fmt.Errorf("mail %d: %w", job.Args.MailID, sendErr))
	case sendErr != nil:
		return fmt.Errorf("mail %d: %w", job.Args.MailID, sendErr)
	}
	return nil
}

// message reads a mail that is still to be sent.
func (s *Service) message(ctx context.Context, args sendArgs) (m mail.Message, ok bool, err error) {
	var row Mail
	var market account.Marketplace
	err = s.db.View(ctx, args.MarketplaceID, func(tx *store.Tx) (err error) {
		if row, err = byID(ctx, tx, args.MailID); err != nil {
			return err
		}
		market, err = account.MarketplaceOf(ctx, tx)
		return err
	})
	if err != nil || row.Status != Pending {
		return mail.Message{}, false, err
	}
	html, err := mail.HTML(language, row.Body)
	return mail.Message{ID: fmt.Sprintf("mail-%d-%d", row.ID, row.CreatedAt.Unix()), From: s.fromAddress(market),
		To: mail.Address{Email: row.Recipient}, Subject: row.Subject, Text: row.Body, HTML: html}, true, err
}
