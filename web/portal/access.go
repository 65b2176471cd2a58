package portal

import (
	"fmt"
	"strings"

	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// accessView is how a subscription is used: addresses, keys, and a line to
// paste into a shell for each address.
type accessView struct {
	Endpoints []accessEndpoint
	Secrets   []ui.Secret
}

// accessEndpoint is an address with its request ready to be sent.
type accessEndpoint struct {
	provision.Endpoint
	Name string
	Code ui.Code
}

// keyPlaceholder stands for the key in requests until it is shown.
const keyPlaceholder = "YOUR_KEY"

func (v *visit) accessView(sub subscription.Subscription) (accessView, error) {
	all, err := v.Provision.Access(v.r.Context(), v.actor, sub.ID)
	if err != nil || len(all) == 0 {
		return accessView{}, err
	}
	names, err := v.endpointNames(sub.ProductID)
	if err != nil {
		return accessView{}, err
	}
	var a accessView
	for _, e := range all {
		name := orElse(names[e.Identifier], e.Identifier)
		a.Endpoints = append(a.Endpoints, accessEndpoint{Endpoint: e, Name: name, Code: curl(name, e, keyPlaceholder)})
	}
	a.Secrets = []ui.Secret{{ID: "key", Label: v.words.T("Access key"), RevealURL: subscriptionPath(sub.ID) + "/reveal#key", Swap: "access-body", CSRF: v.csrf()}}
	return a, nil
}

// show puts the keys where their mask was, and into the requests.
func (a *accessView) show(keys []provision.Credential, hide string) {
	a.Secrets = nil
	key := keyPlaceholder
	for i, c := range keys {
		id := fmt.Sprintf("key-%d", i)
		if i == 0 {
			id = "key"
		}
		a.Secrets = append(a.Secrets, ui.Secret{ID: id, Label: c.Label, Value: c.Value.Reveal(), HideURL: hide + "#key", Swap: "access-body"})
		if c.Secret && key == keyPlaceholder {
			key = c.Value.Reveal()
		}
	}
	for i, e := range a.Endpoints {
		a.Endpoints[i].Code = curl(e.Name, e.Endpoint, key)
	}
}

// curl is the request of an endpoint as a line for a shell. Parts of the path
// that the caller chooses stay in braces.
func curl(title string, e provision.Endpoint, key string) ui.Code {
	var b strings.Builder
	b.WriteString("curl --globoff ")
	if e.Method != "" && e.Method != "GET" {
		fmt.Fprintf(&b, "--request %s ", e.Method)
	}
	fmt.Fprintf(&b, "--header %s \\\n  %s", quote("apikey: "+key), quote(e.URL))
	return ui.Code{Title: strings.TrimSpace(e.Method + " " + title), Lang: "sh", Text: b.String()}
}

// quote makes one word of a shell of any text.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// timelineLength is how many events a subscription's page shows.
const timelineLength = 30

// timeline is what happened to a subscription, newest first.
func (v *visit) timeline(sub subscription.Subscription) ([]ui.Event, error) {
	found, err := v.Subscriptions.Timeline(v.r.Context(), v.actor, sub.ID, page.Request{Limit: timelineLength})
	out := make([]ui.Event, len(found.Items))
	for i, e := range found.Items {
		out[i] = ui.Event{Tone: topicTone(e.Topic), Text: e.Summary, Actor: e.Actor, At: e.HappenedAt}
	}
	return out, err
}

// topicTone is how an event is marked.
func topicTone(topic string) ui.Tone {
	switch topic {
	case "subscription.active", "subscription.activated", "subscription.paid", "subscription.resumed", "invoice.paid":
		return ui.Good
	case "subscription.failed", "provisioning.failed":
		return ui.Bad
	case "subscription.terminated", "subscription.terminating":
		return ui.Off
	case "subscription.suspended":
		return ui.Warn
	}
	return ui.Info
}
