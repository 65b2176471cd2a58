package main

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
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
	home string // for the test's own files
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
	return &shell{t: t, home: t.TempDir(), dir: dir, env: append(os.Environ(), "FONDACO="+source, "GOPROXY=off", "GOFLAGS=", "GOWORK=off")}
}

// run runs a block; the next one begins where it ended, with what it exported.
func (s *shell) run(b block) {
	s.t.Helper()
	where, names := filepath.Join(s.t.TempDir(), "where"), filepath.Join(s.home, "exported")
	c := exec.CommandContext(s.t.Context(), "sh", "-c", "set -e\nif test -f "+names+"; then . "+names+"; fi\n"+
		b.text+"export -p > "+names+"\npwd -P > "+where)
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
	seen := s.follow("plugin-author-guide.md", func() string { return s.dir })
	require.GreaterOrEqual(t, seen["sh"], 5)
	require.GreaterOrEqual(t, seen["text"], 4)
	require.GreaterOrEqual(t, seen["go"], 4)
}

// withTools skips a guide whose commands this machine has not, but fails where
// nothing may be missing.
func withTools(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			require.Empty(t, os.Getenv("FONDACO_REQUIRE_SERVICES"), "the guide's commands need %s", tool)
			t.Skipf("the guide's commands need %s, which this machine has not", tool)
		}
	}
}

// TestVendorGuide sells a product of the vendor's own system as the guide says.
func TestVendorGuide(t *testing.T) {
	t.Parallel()
	withTools(t)
	s := newShell(t)
	s.env = append(s.env, "PORT="+freePort(t))
	t.Cleanup(func() { s.end("wikis.pid", "demo.pid") })
	seen := s.follow("vendor-guide.md", func() string { return filepath.Join("..", "..", "syndication", "connector", "example") })
	require.GreaterOrEqual(t, seen["sh"], 12)
	require.GreaterOrEqual(t, seen["text"], 9)
	require.GreaterOrEqual(t, seen["go"], 3)
}

// follow does what a guide says, block by block; code is quoted from the Go
// files of the folder. It returns how many blocks of each language there were.
func (s *shell) follow(guide string, quotes func() string) map[string]int {
	s.t.Helper()
	seen := map[string]int{}
	for _, b := range blocks(s.t, filepath.Join("..", "..", "docs", guide)) {
		seen[b.language]++
		switch b.language {
		case "sh":
			s.run(b)
		case "text":
			s.saw(b)
		case "go":
			s.quoted(b, quotes())
		case "": // for reading only
		default:
			require.Fail(s.t, "a block of an unknown language", "%q in line %d", b.language, b.line)
		}
	}
	return seen
}

// end ends the processes of the guide, if it did not come to its own end.
func (s *shell) end(pidFiles ...string) {
	for _, name := range pidFiles {
		raw, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			continue
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(raw))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
		}
	}
}

// freePort is a port that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// quoted wants code to be in one of the folder's files as it stands here.
func (s *shell) quoted(b block, folder string) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(s.t, err)
	require.NotEmpty(s.t, files)
	for _, f := range files {
		code, err := os.ReadFile(f)
		require.NoError(s.t, err)
		if strings.Contains(string(code), b.text) {
			return
		}
	}
	require.Fail(s.t, "quoted code is nowhere in "+folder, "line %d:\n%s", b.line, b.text)
}
