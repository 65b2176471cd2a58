package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// block is a fenced part of a guide.
type block struct {
	language string
	line     int
	text     string
}

// blocks reads a guide.
func blocks(t *testing.T, path string) []block {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var all []block
	inside := false
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		language, fence := strings.CutPrefix(lines.Text(), "```")
		switch {
		case fence && inside:
			inside = false
		case fence:
			inside = true
			all = append(all, block{language: language, line: n})
		case inside:
			all[len(all)-1].text += lines.Text() + "\n"
		}
	}
	require.NoError(t, lines.Err())
	require.False(t, inside, "a block of %s does not end", path)
	return all
}

// shell runs the commands of a guide one after another, as a person does who
// types them into one terminal.
type shell struct {
	t    *testing.T
	dir  string
	env  []string
	last string // what the last block printed
}

func newShell(t *testing.T) *shell {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	return &shell{t: t, dir: dir, env: append(os.Environ(), "FONDACO="+source, "GOPROXY=off", "GOFLAGS=", "GOWORK=off")}
}

// run runs a block; the next one begins where it ended.
func (s *shell) run(b block) {
	s.t.Helper()
	where := filepath.Join(s.t.TempDir(), "where")
	c := exec.CommandContext(s.t.Context(), "sh", "-c", "set -e\n"+b.text+"pwd -P > "+where)
	c.Dir, c.Env = s.dir, append(s.env, "PWD="+s.dir)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	require.NoError(s.t, c.Run(), "the block of line %d printed:\n%s", b.line, out.String())
	after, err := os.ReadFile(where)
	require.NoError(s.t, err)
	s.dir, s.last = strings.TrimSpace(string(after)), out.String()
}

var (
	tookTime = regexp.MustCompile(`(\d+m)?\b\d+(\.\d+)?(ms|µs|s)\b`)
	spaces   = regexp.MustCompile(`[ \t]+`)
)

// plain is text without what differs from run to run.
func plain(text string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(tookTime.ReplaceAllString(text, "T"), " "))
}

// saw wants each line of a block to begin a line of what was printed last.
func (s *shell) saw(b block) {
	s.t.Helper()
	for line := range strings.Lines(b.text) {
		require.Contains(s.t, "\n"+plainLines(s.last), "\n"+plain(line), "line %d and on", b.line)
	}
}

func plainLines(text string) string {
	var all strings.Builder
	for line := range strings.Lines(text) {
		all.WriteString(plain(line) + "\n")
	}
	return all.String()
}

// TestPluginAuthorGuide does what the guide says, in order: commands run,
// output is as told, and quoted code is in the plugin.
func TestPluginAuthorGuide(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	seen := map[string]int{}
	for _, b := range blocks(t, filepath.Join("..", "..", "docs", "plugin-author-guide.md")) {
		seen[b.language]++
		switch b.language {
		case "sh":
			s.run(b)
		case "text":
			s.saw(b)
		case "go":
			s.quoted(b)
		case "": // for reading only
		default:
			require.Fail(t, "a block of an unknown language", "%q in line %d", b.language, b.line)
		}
	}
	require.GreaterOrEqual(t, seen["sh"], 5)
	require.GreaterOrEqual(t, seen["text"], 4)
	require.GreaterOrEqual(t, seen["go"], 4)
}

// quoted wants code to be in one of the plugin's files as it stands here.
func (s *shell) quoted(b block) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "*.go"))
	require.NoError(s.t, err)
	require.NotEmpty(s.t, files)
	for _, f := range files {
		code, err := os.ReadFile(f)
		require.NoError(s.t, err)
		if strings.Contains(string(code), b.text) {
			return
		}
	}
	require.Fail(s.t, "quoted code is nowhere in the plugin", "line %d:\n%s", b.line, b.text)
}
