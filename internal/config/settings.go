package config

import (
	"io"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/secret"
)

// Settings is all that `fondaco serve` can be told. The tags are read by the
// command line parser (name, env, help, default, placeholder, group) and by
// this package (key: the name in the configuration file).
type Settings struct {
	Store  `embed:""`
	HTTP   `embed:""`
	Secret `embed:""`
	Plugin `embed:""`
	Work   `embed:""`
	Metric `embed:""`
	Vendor `embed:""`
	SMTP   `embed:""`
	Log    `embed:""`
}

// Store says where the data is.
type Store struct {
	Database string `key:"database" name:"database" env:"FONDACO_DATABASE" placeholder:"URL" help:"Database: postgres://user:password@host:5432/name, or the path of a SQLite file. Required."`
}

// HTTP says where to listen and how people reach it.
type HTTP struct {
	Listen      string `key:"listen" name:"listen" env:"FONDACO_LISTEN" default:"127.0.0.1:8420" placeholder:"ADDR" help:"Address of portal, API and gateway log intake (default: ${default}). Put a TLS proxy in front of it."`
	AdminListen string `key:"adminListen" name:"admin-listen" env:"FONDACO_ADMIN_LISTEN" default:"127.0.0.1:8421" placeholder:"ADDR" help:"Address of /healthz, /readyz and /metrics (default: ${default}). Keep it inside your network."`
	BaseURL     string `key:"baseURL" name:"base-url" env:"FONDACO_BASE_URL" placeholder:"URL" help:"How browsers and API clients reach the marketplace, such as https://market.example.com. Required."`
}

// Secret is the key that seals credentials in the database.
type Secret struct {
	SecretKey     secret.Text `key:"secretKey" name:"secret-key" env:"FONDACO_SECRET_KEY" placeholder:"KEY" help:"Key that encrypts credentials in the database: 32 bytes as 64 hexadecimal digits or base64. Prefer the file or the environment: other users see command lines."`
	SecretKeyFile string      `key:"secretKeyFile" name:"secret-key-file" env:"FONDACO_SECRET_KEY_FILE" placeholder:"FILE" help:"File that holds the key. On an empty database a missing file is written with a new key."`
}

// Plugin says where plugins come from besides those inside the executable.
type Plugin struct {
	PluginDir             string `key:"pluginDir" name:"plugin-dir" env:"FONDACO_PLUGIN_DIR" placeholder:"DIR" help:"Folder of further plugins: executables named fondaco-plugin-NAME."`
	PluginRequireChecksum bool   `key:"pluginRequireChecksum" name:"plugin-require-checksum" env:"FONDACO_PLUGIN_REQUIRE_CHECKSUM" help:"Refuse plugins of the folder that have no fondaco-plugin-NAME.sha256 beside them."`
	PluginMaxMemoryMiB    int    `key:"pluginMaxMemoryMiB" name:"plugin-max-memory-mib" env:"FONDACO_PLUGIN_MAX_MEMORY_MIB" default:"1024" placeholder:"MIB" help:"How much memory a plugin's process may hold before it is ended and started again, in MiB (default: ${default}). Linux only."`
}

// MaxMemory is PluginMaxMemoryMiB in bytes.
func (p Plugin) MaxMemory() int64 { return int64(p.PluginMaxMemoryMiB) << 20 }

// Work tunes background work.
type Work struct {
	UsageGrace          time.Duration `key:"usageGrace" name:"usage-grace" env:"FONDACO_USAGE_GRACE" default:"5m" placeholder:"TIME" help:"How long after its end a period is billed, so that late usage still counts (default: ${default})."`
	UsageLateAfter      time.Duration `key:"usageLateAfter" name:"usage-late-after" env:"FONDACO_USAGE_LATE_AFTER" default:"26h" placeholder:"TIME" help:"How long after its end an hour's usage is fetched once more from clouds, for data that came late (default: ${default})."`
	UsageWait           time.Duration `key:"usageWait" name:"usage-wait" env:"FONDACO_USAGE_WAIT" default:"24h" placeholder:"TIME" help:"How long a bill waits at most for usage that cannot be fetched; what comes later is a correction (default: ${default})."`
	ReconcileEvery      time.Duration `key:"reconcileEvery" name:"reconcile-every" env:"FONDACO_RECONCILE_EVERY" default:"1h" placeholder:"TIME" help:"How often what was sold is compared with what exists (default: ${default})."`
	ProvisionInFlight   int           `key:"provisionInFlight" name:"provision-in-flight" env:"FONDACO_PROVISION_IN_FLIGHT" default:"64" placeholder:"N" help:"How many calls of plugins this server makes at once, over all clouds (default: ${default}). Each provider has a bound of its own below it."`
	CircuitRest         time.Duration `key:"circuitRest" name:"circuit-rest" env:"FONDACO_CIRCUIT_REST" default:"30s" placeholder:"TIME" help:"How long a cloud that failed five times in a row is left alone before a call tries whether it is back (default: ${default})."`
	TerminationGrace    time.Duration `key:"terminationGrace" name:"termination-grace" env:"FONDACO_TERMINATION_GRACE" default:"5m" placeholder:"TIME" help:"How long a vendor has to report that it removed what its customer terminated, before the subscription ends anyway (default: ${default})."`
	WebhookTimeout      time.Duration `key:"webhookTimeout" name:"webhook-timeout" env:"FONDACO_WEBHOOK_TIMEOUT" default:"30s" placeholder:"TIME" help:"How long a receiver of webhooks may take to answer (default: ${default}). Connectors call back before they do."`
	WebhookDisableAfter time.Duration `key:"webhookDisableAfter" name:"webhook-disable-after" env:"FONDACO_WEBHOOK_DISABLE_AFTER" default:"120h" placeholder:"TIME" help:"How long a receiver of webhooks may do nothing but fail before its endpoint is switched off (default: ${default})."`
	StopTimeout         time.Duration `key:"stopTimeout" name:"stop-timeout" env:"FONDACO_STOP_TIMEOUT" default:"30s" placeholder:"TIME" help:"How long requests and jobs under way may take to finish when the server is told to stop (default: ${default})."`
}

// SMTP is the mail server. Without a host no mail is sent.
type SMTP struct {
	SMTPHost     string      `key:"smtp.host" name:"smtp-host" env:"FONDACO_SMTP_HOST" group:"Mail" placeholder:"HOST" help:"Mail server. Without it no mail is sent."`
	SMTPPort     int         `key:"smtp.port" name:"smtp-port" env:"FONDACO_SMTP_PORT" group:"Mail" placeholder:"PORT" help:"Its port (default: 587, or 465 with tls)."`
	SMTPUser     string      `key:"smtp.user" name:"smtp-user" env:"FONDACO_SMTP_USER" group:"Mail" placeholder:"NAME" help:"User, when the server asks for one."`
	SMTPPassword secret.Text `key:"smtp.password" name:"smtp-password" env:"FONDACO_SMTP_PASSWORD" group:"Mail" placeholder:"TEXT" help:"Password of the user. Prefer the file or the environment."`
	SMTPSecurity string      `key:"smtp.security" name:"smtp-security" env:"FONDACO_SMTP_SECURITY" group:"Mail" default:"starttls" placeholder:"HOW" help:"Encryption: tls, starttls, opportunistic or none (default: ${default})."`
	SMTPFrom     string      `key:"smtp.from" name:"smtp-from" env:"FONDACO_SMTP_FROM" group:"Mail" placeholder:"ADDRESS" help:"Sender of all mail, such as market@example.com. Required with a mail server."`
}

// Log says how the server's log on standard error looks.
type Log struct {
	LogLevel  string `key:"log.level" name:"log-level" env:"FONDACO_LOG_LEVEL" group:"Log" default:"info" placeholder:"LEVEL" help:"Least level to log: debug, info, warn or error (default: ${default})."`
	LogFormat string `key:"log.format" name:"log-format" env:"FONDACO_LOG_FORMAT" group:"Log" default:"text" placeholder:"FORMAT" help:"text for people, json for machines (default: ${default})."`
}

// Mail returns the mail server's settings, and false when there is none.
func (s SMTP) Mail() (mail.SMTPConfig, bool) {
	return mail.SMTPConfig{Host: s.SMTPHost, Port: s.SMTPPort, User: s.SMTPUser, Password: s.SMTPPassword.Reveal(),
		Security: mail.Security(s.SMTPSecurity), Clock: clock.System{}}, s.SMTPHost != ""
}

// Logger returns a logger that writes to w. Check has passed.
func (l Log) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.LogLevel)) // checked; info otherwise
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
