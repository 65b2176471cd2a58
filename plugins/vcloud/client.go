package vcloud

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

var (
	// errRace says that an object was made or deleted by somebody else between
	// looking and writing; looking again settles it.
	errRace = errors.New("the cloud changed under way")
	// errSession says that the session has ended; a new login settles it.
	errSession = errors.New("the session has ended")
)

// queryPage is the most records that one page of the query service holds.
const queryPage = 128

// client is one vCloud Director as the administrator of the settings, for one
// call of the plugin.
type client struct {
	vcd     *govcd.VCDClient
	line    *line
	target  cloud
	session string           // what its session is kept under
	where   string           // the API's address without a password
	secrets document.Secrets // never to appear in a message
}

// connect takes the session of an earlier call, or logs in.
func (p *Provider) connect(ctx context.Context, c cloud, secrets []string) (*client, error) {
	endpoint, err := url.Parse(c.api())
	if err != nil {
		return nil, sdk.Permanent("The address of the cloud %q cannot be read.", c.name)
	}
	out := &client{
		target: c, where: endpoint.Redacted(), session: c.sessionKey(), secrets: append(secrets, c.Password, c.APIToken),
		line: &line{ctx: ctx, base: p.transport(c.Insecure), pace: p.pace},
	}
	vcd, ok := p.sessions.get(out.session)
	if !ok {
		vcd = *govcd.NewVCDClient(*endpoint, c.Insecure)
		vcd.Client.RequestIdFunc = rand.Text // the library's own counts without a lock
	}
	vcd.Client.UserAgent = "fondaco"
	vcd.Client.Http = http.Client{Transport: out.line}
	out.vcd = &vcd
	if ok {
		return out, nil
	}
	if err := out.login(); err != nil {
		return nil, err
	}
	vcd.Client.Http = http.Client{} // the line ends with this call
	p.sessions.put(out.session, vcd)
	vcd.Client.Http = http.Client{Transport: out.line}
	return out, nil
}

// login proves who we are.
func (c *client) login() error {
	var err error
	if c.target.APIToken != "" {
		err = c.vcd.SetToken(c.target.Organization, govcd.ApiTokenHeader, c.target.APIToken)
	} else {
		err = c.vcd.Authenticate(c.target.User, c.target.Password, c.target.Organization)
	}
	if t := c.line.trouble; err != nil && t != nil && (t.status == http.StatusUnauthorized || t.status == http.StatusForbidden || c.target.APIToken != "" && t.status == http.StatusBadRequest) {
		return sdk.Permanent("The cloud at %s does not accept the user and password (or API token) of the settings.", c.where)
	}
	if t := c.line.trouble; err != nil && t != nil && t.status == http.StatusNotFound {
		return sdk.Permanent("There is something at %s, but it does not answer as Cloud Director does. Check the address; it ends with /api.", c.where)
	}
	if err == nil && c.vcd.Client.VCDToken == "" {
		err = errors.New("the login was answered without a token")
	}
	if err != nil && strings.Contains(err.Error(), "is not supported") {
		return sdk.Permanent("The cloud at %s is too old or too new: the plugin speaks API version %s.", c.where, c.vcd.Client.APIVersion)
	}
	return c.wrap(err, "logging in")
}

// sessionKey names a session without giving away what opens it.
func (c cloud) sessionKey() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.api(), c.User, c.Organization, c.Password, c.APIToken}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// wrap says what was being done and how the marketplace goes on: what the
// cloud refuses stays refused, everything else is tried again.
func (c *client) wrap(err error, doing string, args ...any) error {
	if err == nil || errors.Is(err, errRace) || errors.Is(err, errSession) {
		return err
	}
	if _, done := errors.AsType[*sdk.Error](err); done {
		return err
	}
	doing = fmt.Sprintf(doing, args...)
	cause := errors.New(c.secrets.Scrub(err.Error())) // the library's texts can hold what was sent
	if t := c.line.trouble; t != nil {
		return c.refused(t, doing, cause)
	}
	if c.line.ctx.Err() != nil {
		return sdk.Transient(cause, "Stopped while %s.", doing)
	}
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() || strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
		return sdk.Transient(cause, "The cloud at %s did not answer in time while %s.", c.where, doing)
	}
	if strings.Contains(err.Error(), "dial tcp") {
		return sdk.Transient(cause, "The cloud at %s cannot be reached. Check the address and that it runs.", c.where)
	}
	if strings.Contains(err.Error(), "x509: ") {
		return sdk.Transient(cause, "The certificate of the cloud at %s is not trusted. Install its authority on this machine.", c.where)
	}
	return sdk.Transient(cause, "The cloud at %s did not answer well while %s.", c.where, doing)
}

func (c *client) refused(t *trouble, doing string, cause error) error {
	words := c.secrets.Scrub(t.message)
	switch {
	case t.slow || t.minor == "BUSY_ENTITY" || t.status == http.StatusConflict:
		return sdk.NotYet(busyPause, "The cloud is still at work while %s.", doing)
	case t.status == http.StatusUnauthorized:
		return fmt.Errorf("%w while %s", errSession, doing)
	case t.minor == "DUPLICATE_NAME" || t.gone():
		return fmt.Errorf("%w: %s: %s", errRace, doing, words)
	case t.status == http.StatusForbidden:
		return sdk.Permanent("The user of the settings may not do this at %s: %s. %s", c.where, doing, words)
	case t.status < http.StatusBadRequest || t.status == http.StatusTooManyRequests || t.status == http.StatusRequestTimeout || t.status >= 500:
		return sdk.Transient(cause, "The cloud at %s had trouble while %s. %s", c.where, doing, words)
	}
	return sdk.Permanent("The cloud refused %s: %s", doing, words)
}

// forgiven is wrap, but what does not exist is no error.
func (c *client) forgiven(err error, doing string, args ...any) error {
	if err != nil && c.line.trouble.gone() {
		return nil
	}
	return c.wrap(err, doing, args...)
}

// query asks the query service for all records of a kind that match; take
// picks them from a page.
func query[R any](c *client, kind, filter string, take func(*types.QueryResultRecordsType) []*R) ([]*R, error) {
	var out []*R
	for page := 1; ; page++ {
		params := map[string]string{"page": strconv.Itoa(page), "pageSize": strconv.Itoa(queryPage)}
		raw := map[string]string{"type": kind, "filter": filter, "filterEncoded": "true"}
		res, err := c.vcd.Client.QueryWithNotEncodedParams(params, raw)
		if err != nil {
			return nil, c.wrap(err, "asking for records of %s", kind)
		}
		records := take(res.Results)
		out = append(out, records...)
		if len(records) == 0 || len(out) >= int(res.Results.Total) {
			return out, nil
		}
	}
}

// is is one condition of a query.
func is(field, value string) string { return field + "==" + url.QueryEscape(value) }

// post does an action that answers without a task.
func (c *client) post(href, doing string) error {
	err := c.vcd.Client.ExecuteRequestWithoutResponse(href, http.MethodPost, "", "%s", nil)
	return c.wrap(err, "%s", doing)
}

// wait waits for a task that a call of the library returned.
func (c *client) wait(task govcd.Task, err error, doing string, args ...any) error {
	if err == nil && task.Task != nil && task.Task.HREF != "" {
		err = task.WaitTaskCompletion()
	}
	return c.wrap(err, doing, args...)
}

// settle waits for tasks that others, or an earlier call of ours, started on
// an object, and reports whether there were any. Whether they failed shows in
// what is there afterwards.
func (c *client) settle(tasks *types.TasksInProgress) (waited bool, err error) {
	if tasks == nil {
		return false, nil
	}
	for _, t := range tasks.Task {
		if t.Status != "running" && t.Status != "queued" && t.Status != "preRunning" {
			continue
		}
		task := govcd.NewTask(&c.vcd.Client)
		task.Task.HREF = t.HREF
		err := task.Refresh()
		if err != nil && (c.line.trouble == nil || c.line.trouble.slow || !c.line.trouble.gone()) {
			return false, c.wrap(err, "waiting for an earlier task")
		}
		waited = true
	}
	return waited, nil
}

// remove deletes an object and everything in it, and waits; gone is no error.
func (c *client) remove(href, doing string, args ...any) error {
	task, err := c.vcd.Client.ExecuteTaskRequest(href, http.MethodDelete, "", "%s", nil)
	if err == nil && task.Task.HREF != "" {
		err = task.WaitTaskCompletion()
	}
	return c.forgiven(err, doing, args...)
}
