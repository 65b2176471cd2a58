package portal

import (
	"time"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// progressView is the provisioning that is under way or went wrong.
type progressView struct {
	Self    string
	Show    bool
	Open    bool // still moving: the page asks again
	Failed  bool
	Attempt provision.Attempt
	Steps   []ui.Step
	Title   string
}

// progress answers the live part of the subscription's page; when nothing
// moves any more, the whole page is loaded anew.
func (p *Portal) progress(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	sub, err := p.Subscriptions.Get(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	d := subscriptionData{Page: v.base(sub.Product), Sub: sub, Self: subscriptionPath(id)}
	if d.Progress, err = v.progressView(sub); err != nil {
		return err
	}
	if !v.htmx() {
		return v.redirect(d.Self)
	}
	if !d.Progress.Open {
		v.w.Header().Set("HX-Refresh", "true")
	}
	return v.fragment("account/subscription", "progress", d)
}

// progressEvents streams the steps until nothing moves any more.
func (p *Portal) progressEvents(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	return v.follow("progress", 500*time.Millisecond, func() (string, bool, error) {
		sub, err := p.Subscriptions.Get(v.r.Context(), v.actor, id)
		if err != nil {
			return "", false, err
		}
		view, err := v.progressView(sub)
		if err != nil {
			return "", false, err
		}
		html, err := p.ui.Block("en", "account/subscription", "progress-steps", view)
		return html, view.Open, err
	})
}

func (v *visit) progressView(sub subscription.Subscription) (progressView, error) {
	a, found, err := v.Provision.Progress(v.r.Context(), v.actor, sub.ID)
	view := progressView{Self: subscriptionPath(sub.ID), Attempt: a}
	if err != nil || !found {
		return view, err
	}
	view.Open, view.Failed = a.Open(), a.Status == provision.Failed
	view.Show = view.Open || view.Failed
	view.Title = operationTitle(a.Operation, view.Failed)
	view.Steps = v.attemptSteps(a)
	return view, nil
}

func operationTitle(op subscription.Operation, failed bool) string {
	titles := map[subscription.Operation][2]string{
		subscription.Provision:   {"Setting up your access", "The setup did not succeed"},
		subscription.Update:      {"Making the change", "The change did not succeed"},
		subscription.Suspend:     {"Suspending", "The suspension did not succeed"},
		subscription.Resume:      {"Resuming", "The resumption did not succeed"},
		subscription.Repair:      {"Restoring what you bought", "The repair did not succeed"},
		subscription.Deprovision: {"Removing your access", "The removal did not succeed"},
	}
	if failed {
		return titles[op][1]
	}
	return titles[op][0]
}

// attemptSteps are the steps of an attempt as far as they are known.
func (v *visit) attemptSteps(a provision.Attempt) []ui.Step {
	begun := a.Status != provision.Queued
	doing := ui.Step{Label: v.words.T("Working"), Note: a.StepText, Current: begun && a.Open(), Failed: a.Status == provision.Failed}
	if a.Steps > 0 {
		doing.Label = v.words.T("Step %d of %d", max(a.Step, 1), a.Steps)
	}
	if a.Tries > 1 && a.Open() {
		doing.Note += " " + v.words.T("(try %d)", a.Tries)
	}
	if a.Error != "" {
		doing.Note = a.Error
	}
	return []ui.Step{{Label: v.words.T("Ordered"), Done: true}, {Label: v.words.T("In the queue"), Done: begun, Current: !begun}, doing,
		{Label: v.words.T("Ready")}}
}
