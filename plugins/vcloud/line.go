package vcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// maxAnswer bounds what one call may answer.
const maxAnswer = 16 << 20

// pace is how long calls and tasks may take.
type pace struct {
	call     time.Duration // one call
	look     time.Duration // between two looks at a task
	patience time.Duration // with one task, then "not yet"
}

// line is the way to one vCloud Director during one call of the plugin. The
// library knows no context, sleeps for seconds between looks at a task, and
// turns errors into text. So the line carries the context, waits for tasks
// itself (the library sees them only when they have ended), and remembers
// what was wrong with the last call. It serves one goroutine.
type line struct {
	ctx     context.Context // the library has no other way for it
	base    http.RoundTripper
	pace    pace
	trouble *trouble
}

// trouble is why the last call failed: its status, or the error of a task.
type trouble struct {
	status  int
	minor   string // the API's name for the error, such as DUPLICATE_NAME
	message string
	slow    bool // a task that still runs
}

// RoundTrip makes a call and, when it looks at a task, waits for the task.
func (l *line) RoundTrip(req *http.Request) (*http.Response, error) {
	l.trouble = nil
	isTask := req.Method == http.MethodGet && strings.Contains(req.URL.Path, "/api/task/")
	for waited := time.Duration(0); ; waited += l.pace.look {
		res, body, err := l.once(req)
		if err != nil {
			return nil, err
		}
		if res.StatusCode >= http.StatusBadRequest {
			l.trouble = troubleOf(res.StatusCode, body)
			return res, nil
		}
		if !isTask || !l.runs(body) {
			return res, nil
		}
		if waited >= l.pace.patience {
			l.trouble = &trouble{slow: true}
			return nil, context.DeadlineExceeded
		}
		if err := l.pause(); err != nil {
			return nil, err
		}
	}
}

// once sends the request and reads its whole answer, which stays readable.
func (l *line) once(req *http.Request) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.pace.call)
	defer cancel()
	again := req.Clone(ctx)
	if req.GetBody != nil {
		var err error
		if again.Body, err = req.GetBody(); err != nil {
			return nil, nil, err
		}
	}
	res, err := l.base.RoundTrip(again)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, body, nil
}

// runs tells whether the task still runs, and remembers why it failed.
func (l *line) runs(body []byte) bool {
	var task types.Task
	if xml.Unmarshal(body, &task) != nil {
		return false // the library will say that it cannot be read
	}
	switch task.Status {
	case "queued", "preRunning", "running":
		return true
	case "error", "aborted", "canceled":
		l.trouble = &trouble{status: http.StatusInternalServerError, message: "The task ended as " + task.Status + "."}
		if task.Error != nil {
			l.trouble = &trouble{status: task.Error.MajorErrorCode, minor: task.Error.MinorErrorCode, message: task.Error.Message}
		}
	}
	return false
}

func (l *line) pause() error {
	timer := time.NewTimer(l.pace.look)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

// troubleOf reads an error of the XML or the JSON API; what is neither gives
// the status alone.
func troubleOf(status int, body []byte) *trouble {
	t := &trouble{status: status}
	var asXML types.Error
	if xml.Unmarshal(body, &asXML) == nil && asXML.Message != "" {
		t.minor, t.message = asXML.MinorErrorCode, asXML.Message
		return t
	}
	var asJSON types.OpenApiError
	if json.Unmarshal(body, &asJSON) == nil {
		t.minor, t.message = asJSON.MinorErrorCode, asJSON.Message
	}
	return t
}

// gone tells whether the thing asked for does not exist: vCloud Director
// answers 403 for what is not there.
func (t *trouble) gone() bool {
	return t != nil && (t.status == http.StatusNotFound || t.minor == "ACCESS_TO_RESOURCE_IS_FORBIDDEN" || t.minor == "RESOURCE_NOT_FOUND")
}
