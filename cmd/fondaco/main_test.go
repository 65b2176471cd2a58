package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fondaco/fondaco/core/store/storetest"
)

// TestMain makes the test binary the fondaco command of the scripts, as a
// process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fondaco": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("script"))
}

// TestScriptsOnPostgres are the few where the database makes a difference.
func TestScriptsOnPostgres(t *testing.T) {
	t.Parallel()
	p := params("postgres")
	database := storetest.PostgresURL(t)
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("FONDACO_DATABASE", database)
		return nil
	}
	testscript.Run(t, p)
}

func params(folder string) testscript.Params {
	return testscript.Params{
		Dir: filepath.Join("testdata", folder),
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"serving": serving, "stop": stop, "get": get,
		},
		UpdateScripts: os.Getenv("UPDATE_GOLDEN") != "",
	}
}

// process is a running `fondaco serve` of a script.
type process struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	log bytes.Buffer
	eof chan struct{}
}

var servingLine = regexp.MustCompile(`msg=serving .*listen=(\S+) admin=(\S+)`)

// serving starts `fondaco serve ARGS` and waits until it serves; then $PUBLIC
// and $ADMIN are its URLs, and $SERVER its process.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	s := &process{cmd: exec.Command("fondaco", append([]string{"serve"}, args...)...), eof: make(chan struct{})}
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), "FONDACO_SECRET_KEY_FILE="+ts.Getenv("FONDACO_SECRET_KEY_FILE"), "FONDACO_DATABASE="+ts.Getenv("FONDACO_DATABASE"))
	stderr, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() { _ = s.cmd.Process.Kill(); <-s.eof; _ = s.cmd.Wait() })
	ready := make(chan []string, 1)
	go s.follow(stderr, ready)
	select {
	case found := <-ready:
		ts.Setenv("PUBLIC", "http://"+found[1])
		ts.Setenv("ADMIN", "http://"+found[2])
		ts.Setenv("PUBLIC_ADDR", found[1])
		ts.Setenv("ADMIN_ADDR", found[2])
		ts.Setenv("SERVER", strconv.Itoa(s.cmd.Process.Pid))
	case <-s.eof:
		ts.Fatalf("the server ended: %s", s.text())
	case <-time.After(time.Minute):
		ts.Fatalf("the server does not serve: %s", s.text())
	}
	running.Store(ts.Getenv("SERVER"), s)
}

// running finds the server of $SERVER; scripts run side by side.
var running sync.Map

func (s *process) follow(stderr io.Reader, ready chan<- []string) {
	defer close(s.eof)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		s.mu.Lock()
		fmt.Fprintln(&s.log, lines.Text())
		s.mu.Unlock()
		if found := servingLine.FindStringSubmatch(lines.Text()); found != nil {
			ready <- found
		}
	}
}

func (s *process) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// stop sends SIGTERM, waits, and writes the log to the file server.log. It
// fails unless the server ends well ("! stop": unless it ends badly).
func stop(ts *testscript.TestScript, neg bool, _ []string) {
	found, ok := running.LoadAndDelete(ts.Getenv("SERVER"))
	if !ok {
		ts.Fatalf("no server runs")
	}
	s := found.(*process)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	<-s.eof
	err := s.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("server.log"), []byte(s.text()), 0o600))
	if (err != nil) != neg {
		ts.Fatalf("the server ended with %v: %s", err, s.text())
	}
}

// get asks for a URL; the status must be the one given, and the body goes to
// stdout.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get STATUS URL")
	}
	res, err := http.Get(args[1])
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	_, err = ts.Stdout().Write(body)
	ts.Check(err)
	if strconv.Itoa(res.StatusCode) != args[0] {
		ts.Fatalf("GET %s answered %d: %s", args[1], res.StatusCode, body)
	}
}
