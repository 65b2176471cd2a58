package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	gomail "github.com/wneessen/go-mail"
)

// Security says how the connection to the server is encrypted.
type Security string

// The ways to encrypt, from the strictest.
const (
	ImplicitTLS   Security = "tls"           // TLS from the first byte (port 465)
	StartTLS      Security = "starttls"      // STARTTLS, or no mail is sent; the default
	Opportunistic Security = "opportunistic" // STARTTLS when the server offers it
	NoTLS         Security = "none"          // for a relay on the same machine
)

// SMTPConfig holds what is needed to reach a mail server. Host and Clock are
// required. User and Password are empty for a server that asks for none.
type SMTPConfig struct {
	Host     string
	Port     int // 587 when 0, or 465 with ImplicitTLS
	User     string
	Password string
	Security Security
	RootCAs  *x509.CertPool // trusted issuers; the system's when nil
	Timeout  time.Duration  // of connecting and of each answer; 15 s when 0
	Clock    clock.Clock
}

// LogValue leaves the password out of logs.
func (c SMTPConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("host", c.Host), slog.Int("port", c.Port), slog.String("user", c.User), slog.String("security", string(c.Security)))
}

// Validate reports every wrong field.
func (c SMTPConfig) Validate() error {
	var check fault.Check
	check.Need("host", c.Host)
	check.That(c.Port >= 1 && c.Port <= 65535, "port", "The port must be from 1 to 65535.")
	_, known := policies()[c.Security]
	check.That(known, "security", "Use tls, starttls, opportunistic or none.")
	check.That(c.User != "" || c.Password == "", "user", "There is a password but no user.")
	check.That(c.User == "" || c.Security != NoTLS, "security", "A password is not sent without encryption. Use starttls or tls.")
	check.That(c.Clock != nil, "clock", "This is required.")
	return check.Err()
}

func policies() map[Security]gomail.TLSPolicy {
	return map[Security]gomail.TLSPolicy{
		ImplicitTLS:   gomail.TLSMandatory,
		StartTLS:      gomail.TLSMandatory,
		Opportunistic: gomail.TLSOpportunistic,
		NoTLS:         gomail.NoTLS,
	}
}

// SMTP sends through a mail server, over a new connection each time. It is
// safe for concurrent use.
type SMTP struct {
	cfg     SMTPConfig
	options []gomail.Option
}

var _ Sender = (*SMTP)(nil)

// NewSMTP checks cfg and returns a sender; it does not connect yet.
func NewSMTP(cfg SMTPConfig) (*SMTP, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &SMTP{cfg: cfg, options: []gomail.Option{
		gomail.WithPort(cfg.Port),
		gomail.WithTimeout(cfg.Timeout),
		gomail.WithTLSPolicy(policies()[cfg.Security]),
		gomail.WithTLSConfig(&tls.Config{ServerName: cfg.Host, RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}),
	}}
	if cfg.Security == ImplicitTLS {
		s.options = append(s.options, gomail.WithSSL())
	}
	if cfg.User != "" {
		s.options = append(s.options,
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(cfg.User),
			gomail.WithPassword(cfg.Password))
	}
	return s, nil
}

func (c SMTPConfig) withDefaults() SMTPConfig {
	if c.Security == "" {
		c.Security = StartTLS
	}
	if c.Port == 0 && c.Security == ImplicitTLS {
		c.Port = 465
	}
	if c.Port == 0 {
		c.Port = 587
	}
	if c.Timeout <= 0 {
		c.Timeout = 15 * time.Second
	}
	return c
}

// Send hands m to the server. When the server may have taken the message and
// the connection broke before it said so, the answer is Unavailable, and the
// next try has the same Message-ID.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := m.encode(s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.cfg.Host, s.options...)
	if err != nil {
		return fault.New(fault.Internal, "The mail server's settings are wrong.").Because(err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return sendFault(err).With("mail", m.ID)
	}
	return nil
}

// sendFault tells what a server refuses for good from what may pass later.
func sendFault(err error) *fault.Error {
	refused, ok := errors.AsType[*gomail.SendError](err)
	if ok && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return fault.New(fault.Invalid, "The mail server refused the message. Check the recipient's address.").Because(err)
	}
	return fault.New(fault.Unavailable, "The mail server did not take the message; it is tried again.").Because(err)
}
