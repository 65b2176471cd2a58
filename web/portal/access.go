package portal

import (
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// accessView is how a subscription is used: addresses, keys, and for an API a
// line to paste into a shell for each address; instructions of a vendor who
// sets it up itself.
type accessView struct {
	Shown        bool // there is something to show
	API          bool
	Instructions string
	Links        []accessLink
	Endpoints    []accessEndpoint
	Secrets      []ui.Secret
	Files        []accessFile
}

// accessLink is an address to open, with what it is for.
type accessLink struct {
	URL  string
	Text string
}

// accessEndpoint is an address; that of an API with its request ready to be sent.
type accessEndpoint struct {
	fulfilment.Endpoint
	Name string
	Code ui.Code
}

// accessFile is a credential of several lines, such as a clouds.yaml: shown to
// be copied, and to be downloaded under its name.
type accessFile struct {
	Code ui.Code
	Href string
}

// keyPlaceholder stands for the key in requests until it is shown.
const keyPlaceholder = "YOUR_KEY"

func (v *visit) accessView(sub subscription.Subscription, product catalog.Product) (accessView, error) {
	all, err := v.Fulfilment.Masked(v.r.Context(), v.actor, sub.ID)
	if err != nil {
		return accessView{}, err
	}
	names, err := v.endpointNames(sub.ProductID)
	if err != nil {
		return accessView{}, err
	}
	a := accessView{API: product.Type == catalog.API, Instructions: all.Instructions.In("en")}
	if words, err := product.Definition(); err == nil && a.Instructions == "" && sub.ActivatedAt != nil {
		a.Instructions = words.EndUserInstructions
	}
	for _, e := range all.Endpoints {
		if e.Category != "" {
			a.Links = append(a.Links, accessLink{URL: e.URL, Text: orElse(e.Description, v.words.T(categoryWords[e.Category]))})
			continue
		}
		name := orElse(names[e.Identifier], e.Identifier)
		a.Endpoints = append(a.Endpoints, accessEndpoint{Endpoint: e, Name: name, Code: a.code(name, e, keyPlaceholder)})
	}
	if len(a.Endpoints)+len(all.Credentials) > 0 {
		a.Secrets = []ui.Secret{v.masked(sub, a.API)}
	}
	a.Shown = len(a.Secrets)+len(a.Links) > 0 || a.Instructions != ""
	return a, nil
}

// masked stands for credentials until somebody wants to see them.
func (v *visit) masked(sub subscription.Subscription, api bool) ui.Secret {
	label := "Access key"
	if !api {
		label = "Credentials"
	}
	return ui.Secret{ID: "key", Label: v.words.T(label), RevealURL: subscriptionPath(sub.ID) + "/reveal#key", Swap: "access-body", CSRF: v.csrf()}
}

// categoryWords say what an address is for that its vendor did not describe.
var categoryWords = map[fulfilment.Category]string{
	fulfilment.App: "Open", fulfilment.PasswordReset: "Reset your password", fulfilment.Documentation: "Documentation", fulfilment.Video: "Video",
}

// show puts the keys where their mask was, and into the requests.
func (a *accessView) show(keys []fulfilment.Credential, self string) {
	a.Secrets = nil
	key := keyPlaceholder
	for i, c := range keys {
		value := c.Value.Reveal()
		if strings.Contains(strings.TrimSpace(value), "\n") || c.Name == fulfilment.CredentialsFile {
			a.Files = append(a.Files, accessFile{Code: ui.Code{Title: c.Title("en"), Text: value}, Href: self + "/credentials/" + url.PathEscape(c.Name)})
			continue
		}
		id := fmt.Sprintf("key-%d", i)
		if i == 0 {
			id = "key"
		}
		a.Secrets = append(a.Secrets, ui.Secret{ID: id, Label: c.Title("en"), Value: value, HideURL: self + "#access", Swap: "access-body"})
		if c.Secret && key == keyPlaceholder {
			key = value
		}
	}
	for i, e := range a.Endpoints {
		a.Endpoints[i].Code = a.code(e.Name, e.Endpoint, key)
	}
}

// code is what to copy of an address.
func (a *accessView) code(name string, e fulfilment.Endpoint, key string) ui.Code {
	if a.API {
		return curl(name, e, key)
	}
	return ui.Code{Title: schemaform.Words(name), Text: e.URL}
}

// credentialFile sends a credential as a file. It is asked for with a form,
// because that somebody looked is kept in the audit trail.
func (p *Portal) credentialFile(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	keys, err := p.Fulfilment.Credentials(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(c fulfilment.Credential) bool { return c.Name == v.param("name") })
	if i < 0 {
		return fault.New(fault.NotFound, "There is no such credential.")
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": notInFileName.ReplaceAllString(keys[i].Name, "-")}))
	h.Set("Cache-Control", "no-store")
	_, err = v.w.Write([]byte(keys[i].Value.Reveal()))
	return err
}

var notInFileName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// curl is the request of an endpoint as a line for a shell. Parts of the path
// that the caller chooses stay in braces.
func curl(title string, e fulfilment.Endpoint, key string) ui.Code {
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
