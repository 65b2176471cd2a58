package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/fondaco/fondaco/internal/config"
)

func read(t *testing.T, elements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, elements...)...))
	require.NoError(t, err)
	return string(text)
}

func TestExample_loadsAndShowsEverySetting(t *testing.T) {
	t.Parallel()
	example := read(t, "deploy", "fondaco.example.toml")
	path := filepath.Join(t.TempDir(), "fondaco.toml")
	require.NoError(t, os.WriteFile(path, []byte(example), 0o600))
	_, err := config.ReadFile(path)
	require.NoError(t, err)

	// With what is commented out taken in, every setting is there.
	commented := regexp.MustCompile(`(?m)^# (\w+ = .*|\[\w+\])$`)
	require.NoError(t, os.WriteFile(path, []byte(commented.ReplaceAllString(example, "$1")), 0o600))
	file, err := config.ReadFile(path)
	require.NoError(t, err)
	for _, key := range config.Keys() {
		require.Contains(t, file, key.Flag, "the example does not show %s", key.Path)
	}
}

func TestGuide_explainsEverySetting(t *testing.T) {
	t.Parallel()
	guide := read(t, "docs", "operations.md")
	for _, key := range config.Keys() {
		require.Contains(t, guide, "`"+key.Path+"`", "docs/operations.md does not name %s", key.Path)
	}
}

func TestEnvironment_ofContainersNamesKnownSettings(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"FONDACO_DB_PASSWORD": true} // compose's own, part of FONDACO_DATABASE
	for _, key := range config.Keys() {
		known[key.Env] = true
	}
	for _, name := range []string{"compose.yaml", "Dockerfile", ".env.example", "postgres-init.sh"} {
		for _, variable := range regexp.MustCompile(`FONDACO_[A-Z_]+`).FindAllString(read(t, "deploy", name), -1) {
			require.True(t, known[variable], "deploy/%s: there is no setting %s", name, variable)
		}
	}
}

func TestCompose_parsesAndHasNoDefaultPassword(t *testing.T) {
	t.Parallel()
	text := read(t, "deploy", "compose.yaml")
	var compose struct {
		Services map[string]struct {
			Ports       []string          `yaml:"ports"`
			Environment map[string]string `yaml:"environment"`
			Volumes     []string          `yaml:"volumes"`
		} `yaml:"services"`
		Volumes map[string]any `yaml:"volumes"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &compose))
	for _, service := range []string{"fondaco", "postgres", "redis", "kong"} {
		require.Contains(t, compose.Services, service)
	}
	example := read(t, "deploy", ".env.example")
	for _, found := range regexp.MustCompile(`\$\{(\w+)([^}]*)\}`).FindAllStringSubmatch(text, -1) {
		require.Contains(t, example, "\n"+found[1]+"=\n", "deploy/.env.example has no empty %s", found[1])
		require.True(t, strings.HasPrefix(found[2], ":?"), "%s has a default, or may be missing", found[1])
	}
	for name, service := range compose.Services {
		for variable, value := range service.Environment {
			if strings.Contains(variable, "PASSWORD") || strings.Contains(variable, "SECRET") {
				require.Contains(t, value, "${", "%s: %s is written down", name, variable)
			}
		}
		for _, port := range service.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s publishes %s to the world", name, port)
		}
		for _, volume := range service.Volumes {
			if source, _, _ := strings.Cut(volume, ":"); !strings.HasPrefix(source, ".") {
				require.Contains(t, compose.Volumes, source)
			}
		}
	}
}
