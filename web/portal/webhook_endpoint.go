package portal

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// hookData is the data of page "account/webhook": an endpoint with all that can
// be done about it. Each form has its own errors.
type hookData struct {
	ui.Page
	hookRow
	New        *ui.Secret // shown this once
	Edit       ui.Form
	Rotate     ui.Form
	Test       ui.Form
	Replay     ui.Form
	Formats    []ui.Option
	Entities   []ui.Option
	Types      []ui.Option
	Statuses   []ui.Option
	Deliveries []deliveryRow
	All        string // address of its deliveries
	Delete     ui.Dialog
}

func (v *visit) hookOf() (webhook.Endpoint, error) {
	id, err := v.id("id")
	if err != nil {
		return webhook.Endpoint{}, err
	}
	return v.Webhooks.Endpoint(v.r.Context(), v.actor, id)
}

func (p *Portal) hook(v *visit) error {
	e, err := v.hookOf()
	if err != nil {
		return err
	}
	return v.showHook(e, http.StatusOK, func(*hookData) {})
}

// showHook answers with the page of an endpoint; with changes what is shown
// this once, or a form that is given back.
func (v *visit) showHook(e webhook.Endpoint, status int, with func(*hookData)) error {
	rows, err := v.hookRows([]webhook.Endpoint{e})
	if err != nil {
		return err
	}
	d := hookData{Page: v.base("Endpoint " + number(e.ID)), hookRow: rows[0], Formats: formatOptions(), Entities: testEntities(), Types: testTypes(),
		Statuses: replayStatuses(), All: "/" + string(v.space) + "/deliveries?endpoint=" + number(e.ID), Delete: v.deleteHookDialog(e)}
	d.Crumbs = []ui.NavItem{{Label: "Webhooks", Href: v.hooksPath()}}
	d.Edit.Values = url.Values{"url": {e.URL}, "description": {e.Description}, "format": {string(e.Format)}}
	found, err := v.deliveriesOf(webhook.Filter{EndpointID: e.ID}, page.Request{Limit: 10})
	if err != nil {
		return err
	}
	d.Deliveries = v.deliveryRows(found.Items)
	with(&d)
	return v.render(status, "account/webhook", d)
}

// hookRefused gives the form back that the person can mend.
func (v *visit) hookRefused(err error, form func(*hookData) *ui.Form) error {
	status, ok := refused(err)
	if !ok {
		return err
	}
	e, failed := v.hookOf()
	if failed != nil {
		return failed
	}
	return v.showHook(e, status, func(d *hookData) { *form(d) = ui.FormError(v.r.PostForm, err) })
}

func (p *Portal) updateHook(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	_, err = p.Webhooks.UpdateEndpoint(v.r.Context(), v.actor, id, webhook.EndpointChange{URL: new(v.form("url")), Description: new(v.form("description")),
		Format: new(webhook.Format(v.form("format")))})
	if err != nil {
		return v.hookRefused(err, func(d *hookData) *ui.Form { return &d.Edit })
	}
	return v.done(v.hookPath(id), "The endpoint is saved.")
}

func (p *Portal) enableHook(v *visit) error {
	return v.switchHook("The endpoint is enabled; what waited is sent now.", p.Webhooks.EnableEndpoint)
}

func (p *Portal) disableHook(v *visit) error {
	return v.switchHook("The endpoint is disabled; what happens waits.", func(ctx context.Context, actor account.Actor, id int64) (webhook.Endpoint, error) {
		return p.Webhooks.UpdateEndpoint(ctx, actor, id, webhook.EndpointChange{Enabled: new(false)})
	})
}

func (v *visit) switchHook(said string, do func(context.Context, account.Actor, int64) (webhook.Endpoint, error)) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if _, err := do(v.r.Context(), v.actor, id); err != nil {
		return v.refuse(v.hookPath(id), err)
	}
	return v.done(v.hookPath(id), said)
}

func (p *Portal) rotateHook(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	e, key, err := p.Webhooks.RotateSecret(v.r.Context(), v.actor, id,
		webhook.RotateInput{Secret: secret.Text(v.form("secret")), KeepFor: time.Duration(number64(v.form("keepHours"))) * time.Hour})
	if err != nil {
		return v.hookRefused(err, func(d *hookData) *ui.Form { return &d.Rotate })
	}
	return v.showHook(e, http.StatusOK, func(d *hookData) { d.New = v.newSecret(e, key) })
}

func (p *Portal) testHook(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	in := webhook.TestInput{Entity: v.form("entity"), EntityID: number64(v.form("entityId")), Type: event.Type(v.form("type"))}
	if text := strings.TrimSpace(v.form("payload")); text != "" {
		in.Payload = json.RawMessage(text)
	}
	sent, err := p.Webhooks.SendTest(v.r.Context(), v.actor, id, in)
	if err != nil {
		return v.hookRefused(err, func(d *hookData) *ui.Form { return &d.Test })
	}
	return v.done(v.deliveryPath(sent.ID), "The test event is being sent.")
}

// replayHook sends again what was made in a time, or has a state.
func (p *Portal) replayHook(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	n := 0
	in := webhook.ReplayInput{EndpointID: id, Status: webhook.Status(v.form("status"))}
	in.Since, in.Until, err = v.times("since", "until")
	if err == nil {
		n, err = p.Webhooks.ReplayMany(v.r.Context(), v.actor, in)
	}
	if err != nil {
		return v.hookRefused(err, func(d *hookData) *ui.Form { return &d.Replay })
	}
	return v.done(v.hookPath(id), v.words.T("%s sent again.", v.words.Plural(int64(n), "delivery is", "deliveries are")))
}

// times reads two optional times of a form, in UTC as the page says.
func (v *visit) times(from, to string) (since, until *time.Time, err error) {
	var c fault.Check
	since, until = v.time(&c, from), v.time(&c, to)
	return since, until, c.Err()
}

func (v *visit) time(c *fault.Check, name string) *time.Time {
	text := strings.TrimSpace(v.form(name))
	if text == "" {
		return nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t
		}
	}
	c.Add(name, "Write a day and a time, such as 2026-03-01T09:30.")
	return nil
}

func (v *visit) deleteHookDialog(e webhook.Endpoint) ui.Dialog {
	self := v.hookPath(e.ID)
	return ui.Dialog{ID: "dialog-delete", Href: self + "/delete", Open: "Delete endpoint", Kind: "danger", Title: v.words.T("Delete %s?", e.URL),
		Details: []string{"What waits for it is given up.", "The log of what was sent stays."},
		Action:  self + "/delete", Confirm: "Delete endpoint", Keep: "Keep it", Back: self, CSRF: v.csrf()}
}

func (p *Portal) askDeleteHook(v *visit) error {
	e, err := v.hookOf()
	if err != nil {
		return err
	}
	return v.ask(v.deleteHookDialog(e), ui.NavItem{Label: "Webhooks", Href: v.hooksPath()}, ui.NavItem{Label: "Endpoint " + number(e.ID), Href: v.hookPath(e.ID)})
}

func (p *Portal) deleteHook(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := p.Webhooks.DeleteEndpoint(v.r.Context(), v.actor, id); err != nil {
		return v.refuse(v.hookPath(id), err)
	}
	return v.done(v.hooksPath(), "The endpoint is deleted.")
}
