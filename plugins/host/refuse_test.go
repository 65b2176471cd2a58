package host

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestStart_ofABadPluginSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"garbage": {`"Welcome to my plugin!`, "instead of a go-plugin handshake line"},
		"flood":   {`"xxxx`, "instead of a go-plugin handshake line"},
		"future":  {`speaks version 2`, "this Fondaco speaks version 1"},
		"core":    {`core protocol 9`, "not the 1"},
		"quitter": {"exit status 3", "cannot find libcloud.so"},
		"silent":  {"no handshake line on standard output in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *Config) {
				c.Bundled = []string{name}
				c.BackoffMin, c.BackoffMax = time.Hour, time.Hour
				if name == "silent" {
					c.StartTimeout = 2 * time.Second
				}
			})
			for range 2 { // the second is answered without a new start
				_, err := b.provider(t, name).Describe(t.Context())
				require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
				for _, text := range want {
					require.ErrorContains(t, err, text)
				}
			}
			i := b.info(t, name)
			require.Equal(t, StateFailed, i.State)
			require.Zero(t, i.PID)
			require.Contains(t, i.LastError, want[0])
			require.Less(t, len(i.LastError), 1000)
			require.Equal(t, 1, strings.Count(b.log.String(), "plugin did not start"))
		})
	}
}

func TestOutput_cannotHarmTheHost(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Bundled = []string{"hostile"} })
	p := b.provider(t, "hostile")
	for range 10 {
		_, err := p.Describe(t.Context())
		require.NoError(t, err)
	}
	require.Zero(t, b.info(t, "hostile").Restarts)
	require.Less(t, len(b.log.String()), 1<<18)
}

func TestOutput_reachesTheLogWithThePluginsName(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, err := b.provider(t, "mirror").Observe(t.Context(), fullRequest("print").Subscription)
	require.NoError(t, err)
	for _, text := range []string{"printed to standard output", "printed to standard error"} {
		require.Eventually(t, func() bool {
			for line := range strings.Lines(b.log.String()) {
				if strings.Contains(line, text) {
					return strings.Contains(line, `"component":"plugin","plugin":"mirror"`)
				}
			}
			return false
		}, 10*time.Second, 10*time.Millisecond, text)
	}
}

func TestOutput_isLimitedPerSecond(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) {
		c.Bundled = []string{"noisy"}
		c.Clock = clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) // one long second
	})
	_, err := b.provider(t, "noisy").Describe(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.host.Stop(t.Context()))
	log := b.log.String()
	require.Equal(t, maxLinesPerSecond-1, strings.Count(log, `"msg":"noise"`))
	require.Contains(t, log, `"level":"WARN","msg":"about to be noisy","component":"plugin","plugin":"noisy","answer":42}`)
	require.NotContains(t, log, "forged")
	require.Contains(t, log, `"dropped":19801`)
}

// install puts an external plugin into a folder: a script that starts the test
// binary as one.
func install(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, filePrefix+name)
	script := "#!/bin/sh\nexec " + os.Args[0] + " plugin serve mirror\n"
	require.NoError(t, os.WriteFile(path, []byte(script), 0o755))
	return path
}

func TestFiles_pluginsMayBeAnywhere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "whatever it is called")
	require.NoError(t, os.Rename(install(t, filepath.Dir(path), "acme"), path))
	b := setup(t, func(c *Config) { c.Files = map[string]string{"acme": path} })
	_, err := b.provider(t, "acme").Describe(t.Context())
	require.NoError(t, err)
	require.False(t, b.info(t, "acme").Bundled)
	_, err = New(Config{Log: b.host.cfg.Log, Files: map[string]string{"acme": path + "?"}})
	require.True(t, fault.Is(err, fault.Invalid))
	require.ErrorContains(t, err, "whatever it is called?")
}

func checksum(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	h := sha256.New()
	_, err = io.Copy(h, f)
	require.NoError(t, err)
	return hex.EncodeToString(h.Sum(nil))
}

func TestFolder_externalPluginsAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	install(t, dir, "acme")
	install(t, dir, "mirror")
	install(t, dir, "Bad_Name")
	require.NoError(t, os.WriteFile(filepath.Join(dir, filePrefix+"notes"), []byte("not executable"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, filePrefix+"folder"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README"), nil, 0o755))
	b := setup(t, func(c *Config) {
		c.Bundled = []string{"mirror"}
		c.Dir = dir
	})

	var names []string
	for _, i := range b.host.Plugins() {
		names = append(names, i.Name)
	}
	require.Equal(t, []string{"acme", "mirror"}, names)
	require.False(t, b.info(t, "acme").Bundled)
	require.True(t, b.info(t, "mirror").Bundled)
	_, err := b.provider(t, "acme").Describe(t.Context())
	require.NoError(t, err)
	for _, reason := range []string{"not executable", "not a file", "names are of", "another plugin has this name"} {
		require.Contains(t, b.log.String(), reason)
	}
}

func TestChecksum_mustMatchWhenThereIsOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file    func(path string) string
		content func(sum string) string
		want    string
	}{
		"right, beside the file":  {func(p string) string { return p + ".sha256" }, func(s string) string { return s + "  fondaco-plugin-acme\n" }, ""},
		"right, by name":          {func(p string) string { return filepath.Join(filepath.Dir(p), "acme.sha256") }, strings.ToUpper, ""},
		"wrong, beside the file":  {func(p string) string { return p + ".sha256" }, flip, "is not the one in"},
		"wrong, by name":          {func(p string) string { return filepath.Join(filepath.Dir(p), "acme.sha256") }, flip, "is not the one in"},
		"no checksum in the file": {func(p string) string { return p + ".sha256" }, func(string) string { return "" }, "64 hexadecimal digits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := install(t, dir, "acme")
			require.NoError(t, os.WriteFile(c.file(path), []byte(c.content(checksum(t, path))), 0o644))
			b := setup(t, func(cfg *Config) { cfg.Dir, cfg.RequireChecksum = dir, true })
			_, err := b.provider(t, "acme").Describe(t.Context())
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
			require.ErrorContains(t, err, "refused")
			require.ErrorContains(t, err, c.want)
			require.Equal(t, StateFailed, b.info(t, "acme").State)
		})
	}
}

func flip(sum string) string {
	if sum[0] == '0' {
		return "1" + sum[1:]
	}
	return "0" + sum[1:]
}

func TestChecksum_mayBeRequired(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	install(t, dir, "acme")
	b := setup(t, func(c *Config) { c.Dir, c.RequireChecksum = dir, true })
	_, err := b.provider(t, "acme").Describe(t.Context())
	require.ErrorContains(t, err, "there is no checksum file")
	_, err = b.provider(t, "mirror").Describe(t.Context())
	require.NoError(t, err, "bundled plugins need none")
}

func TestFolder_fileThatEverybodyMayWriteIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := install(t, dir, "acme")
	require.NoError(t, os.Chmod(path, 0o777))
	b := setup(t, func(c *Config) { c.Dir = dir })
	_, err := b.provider(t, "acme").Describe(t.Context())
	require.ErrorContains(t, err, "everybody may write")
}

func TestFailedStart_isTriedAgainByALaterCall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := install(t, dir, "acme")
	require.NoError(t, os.WriteFile(path+".sha256", []byte(strings.Repeat("0", 64)), 0o644))
	b := setup(t, func(c *Config) { c.Dir = dir })
	p := b.provider(t, "acme")
	_, err := p.Describe(t.Context())
	require.ErrorContains(t, err, "refused")
	require.NoError(t, os.WriteFile(path+".sha256", []byte(checksum(t, path)), 0o644))
	require.Eventually(t, func() bool {
		_, err := p.Describe(t.Context())
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
}

func TestNew_refusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.True(t, fault.Is(err, fault.Invalid))
	b := setup(t, nil)
	_, err = New(Config{Log: b.host.cfg.Log, Dir: "/does/not/exist"})
	require.True(t, fault.Is(err, fault.Precondition))
	_, err = New(Config{Log: b.host.cfg.Log, Bundled: []string{"kong", "kong"}})
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = b.host.Provider("nobody")
	require.True(t, fault.Is(err, fault.NotFound))
}

func TestProvider_beforeStartIsTransient(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	h, err := New(Config{Log: b.host.cfg.Log, Bundled: []string{"mirror"}})
	require.NoError(t, err)
	p, err := h.Provider("mirror")
	require.NoError(t, err)
	_, err = p.Describe(t.Context())
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorContains(t, err, "not been started")
	require.NoError(t, h.Stop(t.Context()))
}
