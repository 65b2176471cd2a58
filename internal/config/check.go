package config

import (
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// Check reports every wrong setting of the server, by all of its names. (It is
// not called Validate, because the command line parser would then call it too
// early and lose the fields.)
func (s Settings) Check() error {
	var c fault.Check
	s.Store.check(&c)
	s.HTTP.check(&c)
	s.Secret.check(&c)
	s.Plugin.check(&c)
	s.Work.check(&c)
	s.Metric.check(&c)
	s.Vendor.check(&c)
	s.SMTP.check(&c)
	s.Log.check(&c)
	return c.Err()
}

// Check reports a bound that no plugin could work in.
func (p Plugin) Check() error {
	var c fault.Check
	p.check(&c)
	return c.Err()
}

func (p Plugin) check(c *fault.Check) {
	c.That(p.PluginMaxMemoryMiB >= 64, names("pluginMaxMemoryMiB"), "Give at least 64: a plugin that does nothing holds about 45.")
}

func (w Work) check(c *fault.Check) {
	c.That(w.UsageGrace >= 0, names("usageGrace"), "A time cannot be negative.")
	c.That(w.UsageLateAfter >= time.Minute, names("usageLateAfter"), "Give at least 1m.")
	c.That(w.UsageWait >= time.Minute, names("usageWait"), "Give at least 1m.")
	c.That(w.ReconcileEvery >= time.Minute, names("reconcileEvery"), "Give at least 1m.")
	c.That(w.CircuitRest >= time.Second, names("circuitRest"), "Give at least 1s.")
	c.That(w.TerminationGrace >= time.Second, names("terminationGrace"), "Give at least 1s.")
	c.That(w.WebhookTimeout >= time.Second, names("webhookTimeout"), "Give at least 1s.")
	c.That(w.WebhookDisableAfter >= time.Hour, names("webhookDisableAfter"), "Give at least 1h.")
	c.That(w.StopTimeout >= time.Second, names("stopTimeout"), "Give at least 1s.")
	c.That(w.ProvisionInFlight >= 1, names("provisionInFlight"), "Give at least 1, or nothing is ever set up.")
}

// Check reports a database that is missing.
func (s Store) Check() error {
	var c fault.Check
	s.check(&c)
	return c.Err()
}

func (s Store) check(c *fault.Check) {
	c.That(s.Database != "", names("database"), "Say where the data is: postgres://user:password@host:5432/name, or the path of a SQLite file.")
}

func (h HTTP) check(c *fault.Check) {
	c.That(isAddress(h.Listen), names("listen"), "Use host:port, such as 127.0.0.1:8420, or :8420 for every address of the machine.")
	c.That(isAddress(h.AdminListen), names("adminListen"), "Use host:port, such as 127.0.0.1:8421.")
	same := h.Listen == h.AdminListen && !strings.HasSuffix(h.Listen, ":0")
	c.That(!same, names("adminListen"), "This is the address of listen. The metrics need one of their own, which is not public.")
	c.That(isBaseURL(h.BaseURL), names("baseURL"), "Say how browsers reach the marketplace: http:// or https://, the host, and nothing after it.")
}

// Check reports a key that is missing or is none.
func (s Secret) Check() error {
	var c fault.Check
	s.check(&c)
	return c.Err()
}

func (s Secret) check(c *fault.Check) {
	switch {
	case s.SecretKey == "" && s.SecretKeyFile == "":
		c.Add(names("secretKeyFile"), "Name the file that holds the key that encrypts credentials, or give the key itself as secretKey.")
	case s.SecretKey != "" && s.SecretKeyFile != "":
		c.Add(names("secretKey"), "Give either secretKey or secretKeyFile, not both.")
	case s.SecretKey != "":
		if _, err := secret.ParseKey(s.SecretKey.Reveal()); err != nil {
			c.Add(names("secretKey"), sentence(err))
		}
	}
}

func (s SMTP) check(c *fault.Check) {
	cfg, ok := s.Mail()
	if !ok {
		return
	}
	_, err := mail.ParseAddress(s.SMTPFrom)
	c.That(err == nil, names("smtp.from"), "Give the sender's address, such as market@example.com.")
	if cfg.Port == 0 {
		cfg.Port = 587
	}
	if err := cfg.Validate(); err != nil {
		for _, f := range fault.As(err).Fields {
			c.Add(names("smtp."+f.Name), f.Message)
		}
	}
}

// Check reports a log that cannot be written as asked.
func (l Log) Check() error {
	var c fault.Check
	l.check(&c)
	return c.Err()
}

func (l Log) check(c *fault.Check) {
	c.That(slices.Contains([]string{"debug", "info", "warn", "error"}, l.LogLevel), names("log.level"), "Use debug, info, warn or error.")
	c.That(l.LogFormat == "text" || l.LogFormat == "json", names("log.format"), "Use text or json.")
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}

func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
}

// sentence makes an error's text fit for a person: a capital and a full stop.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
