package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/internal/config"
)

// valid returns settings that a server starts with.
func valid() config.Settings {
	return config.Settings{
		Store:  config.Store{Database: "fondaco.db"},
		HTTP:   config.HTTP{Listen: "127.0.0.1:8420", AdminListen: "127.0.0.1:8421", BaseURL: "https://market.example.com"},
		Secret: config.Secret{SecretKeyFile: "secret.key"},
		Plugin: config.Plugin{PluginMaxMemoryMiB: 1024},
		Work: config.Work{UsageGrace: 5 * time.Minute, UsageLateAfter: 26 * time.Hour, UsageWait: 24 * time.Hour, ReconcileEvery: time.Hour,
			ProvisionInFlight: 64, CircuitRest: 30 * time.Second, TerminationGrace: 5 * time.Minute, StopTimeout: 30 * time.Second,
			WebhookTimeout: 30 * time.Second, WebhookDisableAfter: 120 * time.Hour},
		Vendor: config.Vendor{ConnectorPrefixes: "/connector/api", CallbackTimeout: 10 * time.Second},
		SMTP:   config.SMTP{SMTPSecurity: "starttls"},
		Log:    config.Log{LogLevel: "info", LogFormat: "text"},
	}
}

func TestCheck_namesEveryWrongSetting(t *testing.T) {
	t.Parallel()
	require.NoError(t, valid().Check())
	for _, tt := range []struct {
		name  string
		wrong func(*config.Settings)
		field string
	}{
		{"no database", func(s *config.Settings) { s.Database = "" }, "database (--database, FONDACO_DATABASE)"},
		{"address without port", func(s *config.Settings) { s.Listen = "localhost" }, "listen (--listen, FONDACO_LISTEN)"},
		{"port out of range", func(s *config.Settings) { s.AdminListen = ":70000" }, "adminListen (--admin-listen, FONDACO_ADMIN_LISTEN)"},
		{"metrics on the public address", func(s *config.Settings) { s.AdminListen = s.Listen }, "adminListen (--admin-listen, FONDACO_ADMIN_LISTEN)"},
		{"base URL without scheme", func(s *config.Settings) { s.BaseURL = "market.example.com" }, "baseURL (--base-url, FONDACO_BASE_URL)"},
		{"base URL with path", func(s *config.Settings) { s.BaseURL += "/shop" }, "baseURL (--base-url, FONDACO_BASE_URL)"},
		{"no key", func(s *config.Settings) { s.SecretKeyFile = "" }, "secretKeyFile (--secret-key-file, FONDACO_SECRET_KEY_FILE)"},
		{"two keys", func(s *config.Settings) { s.SecretKey = "x" }, "secretKey (--secret-key, FONDACO_SECRET_KEY)"},
		{"short key", func(s *config.Settings) { s.SecretKeyFile, s.SecretKey = "", "abc" }, "secretKey (--secret-key, FONDACO_SECRET_KEY)"},
		{"no time to stop", func(s *config.Settings) { s.StopTimeout = 0 }, "stopTimeout (--stop-timeout, FONDACO_STOP_TIMEOUT)"},
		{"negative grace", func(s *config.Settings) { s.UsageGrace = -1 }, "usageGrace (--usage-grace, FONDACO_USAGE_GRACE)"},
		{"late usage at once", func(s *config.Settings) { s.UsageLateAfter = 0 }, "usageLateAfter (--usage-late-after, FONDACO_USAGE_LATE_AFTER)"},
		{"metric headers", func(s *config.Settings) { s.MetricHeaders = "X-Key=a" }, "metricHeaders (--metric-headers, FONDACO_METRIC_HEADERS)"},
		{"no wait for usage", func(s *config.Settings) { s.UsageWait = 0 }, "usageWait (--usage-wait, FONDACO_USAGE_WAIT)"},
		{"reconciling without end", func(s *config.Settings) { s.ReconcileEvery = time.Second }, "reconcileEvery (--reconcile-every, FONDACO_RECONCILE_EVERY)"},
		{"no calls", func(s *config.Settings) { s.ProvisionInFlight = 0 }, "provisionInFlight (--provision-in-flight, FONDACO_PROVISION_IN_FLIGHT)"},
		{"no rest", func(s *config.Settings) { s.CircuitRest = 0 }, "circuitRest (--circuit-rest, FONDACO_CIRCUIT_REST)"},
		{"no time to remove", func(s *config.Settings) { s.TerminationGrace = 0 }, "terminationGrace (--termination-grace, FONDACO_TERMINATION_GRACE)"},
		{"no answer in time", func(s *config.Settings) { s.WebhookTimeout = 0 }, "webhookTimeout (--webhook-timeout, FONDACO_WEBHOOK_TIMEOUT)"},
		{"no patience", func(s *config.Settings) { s.WebhookDisableAfter = time.Minute }, "webhookDisableAfter (--webhook-disable-after, FONDACO_WEBHOOK_DISABLE_AFTER)"},
		{"no prefix", func(s *config.Settings) { s.ConnectorPrefixes = " , " }, "connectorPrefixes (--connector-prefixes, FONDACO_CONNECTOR_PREFIXES)"},
		{"a prefix that is an address", func(s *config.Settings) { s.ConnectorPrefixes = "/cmw,https://market.example.com/cmw" }, "connectorPrefixes (--connector-prefixes, FONDACO_CONNECTOR_PREFIXES)"},
		{"a prefix with a slash at its end", func(s *config.Settings) { s.ConnectorPrefixes = "/cmw/" }, "connectorPrefixes (--connector-prefixes, FONDACO_CONNECTOR_PREFIXES)"},
		{"a prefix over the marketplace's own API", func(s *config.Settings) { s.ConnectorPrefixes = "/api" }, "connectorPrefixes (--connector-prefixes, FONDACO_CONNECTOR_PREFIXES)"},
		{"no time for vendors", func(s *config.Settings) { s.CallbackTimeout = 0 }, "callbackTimeout (--callback-timeout, FONDACO_CALLBACK_TIMEOUT)"},
		{"no memory", func(s *config.Settings) { s.PluginMaxMemoryMiB = 8 }, "pluginMaxMemoryMiB (--plugin-max-memory-mib, FONDACO_PLUGIN_MAX_MEMORY_MIB)"},
		{"mail without sender", func(s *config.Settings) { s.SMTPHost = "mail.test" }, "smtp.from (--smtp-from, FONDACO_SMTP_FROM)"},
		{"password in clear", func(s *config.Settings) {
			s.SMTPHost, s.SMTPFrom, s.SMTPUser, s.SMTPSecurity = "mail.test", "a@b.test", "u", "none"
		}, "smtp.security (--smtp-security, FONDACO_SMTP_SECURITY)"},
		{"unknown level", func(s *config.Settings) { s.LogLevel = "loud" }, "log.level (--log-level, FONDACO_LOG_LEVEL)"},
		{"unknown format", func(s *config.Settings) { s.LogFormat = "xml" }, "log.format (--log-format, FONDACO_LOG_FORMAT)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := valid()
			tt.wrong(&s)
			err := s.Check()
			require.True(t, fault.Is(err, fault.Invalid))
			fields := fault.As(err).Fields
			require.Len(t, fields, 1)
			require.Equal(t, tt.field, fields[0].Name)
		})
	}
}

func TestReadFile_givesValuesByFlag(t *testing.T) {
	t.Parallel()
	f, err := config.ReadFile(write(t, "database = \"x.db\"\nstopTimeout = \"1m\"\npluginRequireChecksum = true\n[smtp]\nport = 25\n"))
	require.NoError(t, err)
	require.Equal(t, config.File{"database": "x.db", "stop-timeout": "1m", "plugin-require-checksum": "true", "smtp-port": "25"}, f)
}

func TestReadFile_namesEveryWrongKey(t *testing.T) {
	t.Parallel()
	path := write(t, "databse = \"x\"\nlisten = 8420\nsmtp = \"mail.test\"\n[log]\nlevel = [\"info\"]\nfile = \"x\"\n[log.deep]\nx = 1\n[zzzzzzzzzzzz]\nx = 1\n")
	_, err := config.ReadFile(path)
	require.True(t, fault.Is(err, fault.Invalid))
	require.Contains(t, fault.As(err).Message, path)
	got := map[string]string{}
	for _, f := range fault.As(err).Fields {
		got[f.Name] = f.Message
	}
	require.Contains(t, got["databse"], "Did you mean database?")
	require.Contains(t, got["listen"], "a text in quotes")
	require.Contains(t, got["log.level"], "a text in quotes")
	require.Contains(t, got["log.file"], "There is no such setting")
	require.Contains(t, got["log.deep"], "There is no such setting")
	require.Contains(t, got["smtp"], "There is no such setting")
	require.Contains(t, got["zzzzzzzzzzzz.x"], "There is no such setting")
	require.Len(t, got, 7)
}

func TestKeys_haveThreeNamesAndAHelp(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range config.Keys() {
		require.NotEmpty(t, k.Path)
		require.NotEmpty(t, k.Help, k.Path)
		flag := strings.ReplaceAll(strings.TrimPrefix(k.Env, "FONDACO_"), "_", "-")
		require.Equal(t, k.Flag, strings.ToLower(flag), "flag and environment variable are one name")
		for _, name := range []string{k.Path, k.Env} {
			require.False(t, seen[name], "%s names two settings", name)
			seen[name] = true
		}
	}
	require.Greater(t, len(seen), 30)
}

func TestSettings_showNoSecret(t *testing.T) {
	t.Parallel()
	s := valid()
	s.SecretKey, s.SMTPPassword = "hunter2", "hunter2"
	var log bytes.Buffer
	s.Logger(&log).Info("settings", "settings", s)
	require.NotContains(t, log.String(), "hunter2")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", s, s, s), "hunter2")
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fondaco.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func FuzzReadFile(f *testing.F) {
	f.Add("database = \"x\"\n[smtp]\nport = 25\n")
	f.Add("[log]\nlevel = 1979-05-27\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.ReadFile(write(t, text))
		if err == nil {
			require.LessOrEqual(t, len(file), len(config.Keys()))
			return
		}
		require.True(t, fault.Is(err, fault.Invalid), "a wrong file is the operator's mistake: %v", err)
	})
}
