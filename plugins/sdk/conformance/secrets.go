package conformance

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// shortest is how many bytes a secret has to have to be told from chance.
const shortest = 6

// secrets looks for all secrets of the battery in all that was written and
// said during it. First it makes the plugin complain: wrong passwords are what
// error messages like to repeat.
func secrets(ctx context.Context, r *run) error {
	documents := r.secretDocuments()
	for path, value := range documents {
		r.battery.seen.secret(path, value)
	}
	if err := r.complain(ctx, documents); err != nil {
		return err
	}
	s := r.battery.seen
	if r.Output != nil {
		s.say("the plugin's output", r.Output())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	searched := 0
	for _, value := range slices.Sorted(maps.Keys(s.secrets)) {
		if len(value) < shortest {
			continue
		}
		searched++
		for text, what := range s.said {
			if form := leaked(text, value); form != "" {
				return fmt.Errorf("%s is in %s%s", s.secrets[value], what, form)
			}
		}
	}
	if searched == 0 {
		r.remark = "neither the settings nor the credentials hold a secret of 6 or more characters"
		return errNothingToJudge
	}
	r.remark = fmt.Sprintf("%d secrets looked for in %d texts", searched, len(s.said))
	if r.Output == nil {
		r.remark += ", the log not among them"
	}
	return nil
}

// leaked says in which form the text has the secret; "" when it has not.
func leaked(text, secret string) string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		return ""
	}
	for form, value := range map[string]string{
		" ": secret, ", quoted": strings.Trim(string(quoted), `"`), ", in a URL's form": url.QueryEscape(secret),
		", in base64": base64.StdEncoding.EncodeToString([]byte(secret)),
	} {
		if strings.Contains(text, value) {
			return strings.TrimSpace(form) + "."
		}
	}
	return ""
}

// complain provokes errors with each secret of the settings made wrong, and
// has the wrong one looked for, too. What a wrong one has left in objects that
// subscriptions share is put right at the end.
func (r *run) complain(ctx context.Context, documents map[string]string) error {
	complained := false
	for path, value := range documents {
		inner, ok := strings.CutPrefix(path, "settings.")
		if !ok || value == "" {
			continue
		}
		wrong := value + "-but-wrong"
		r.battery.seen.secret(path+", made wrong", wrong)
		settings, err := replaced(r.Subscription.Settings, strings.Split(inner, "."), wrong)
		if err != nil {
			return err
		}
		sub := r.neighbour()
		sub.Settings = settings
		complained = true
		ctx, cancel := context.WithTimeout(ctx, r.Patience)
		_, _ = r.Provider.Health(ctx, settings) // only what they say is of interest
		_, _ = r.Provider.Validate(ctx, sdk.Check{Subscription: sub})
		_, _ = r.Provider.Provision(ctx, r.request("complain", sub), ignore)
		_ = r.Provider.Deprovision(ctx, r.request("complain-end", sub), ignore)
		cancel()
	}
	if !complained {
		return nil
	}
	_, err := r.make(ctx, r.insist, "put-right", r.neighbour())
	return err
}

// replaced is a document with the text at path exchanged.
func replaced(document json.RawMessage, path []string, text string) (json.RawMessage, error) {
	if len(path) == 0 {
		return json.Marshal(text)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(document, &object) == nil {
		inner, err := replaced(object[path[0]], path[1:], text)
		if err != nil {
			return nil, err
		}
		object[path[0]] = inner
		return json.Marshal(object)
	}
	var list []json.RawMessage
	var at int
	if json.Unmarshal(document, &list) != nil {
		return nil, errors.New("the settings are neither an object nor a list at " + path[0])
	}
	if _, err := fmt.Sscan(path[0], &at); err != nil || at >= len(list) {
		return nil, fmt.Errorf("the settings have no element %s", path[0])
	}
	inner, err := replaced(list[at], path[1:], text)
	if err != nil {
		return nil, err
	}
	list[at] = inner
	return json.Marshal(list)
}
