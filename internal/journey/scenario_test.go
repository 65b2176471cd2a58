package journey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/connectors"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// TestScenarios_ofTheConnectorContract plays what connectors were seen to do,
// byte for byte, and compares what they are told and answered. A scenario is
// a script, the requests that it sends, and what was printed when it was
// recorded; UPDATE_GOLDEN=1 records anew.
func TestScenarios_ofTheConnectorContract(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			s := &scenario{market: startMarket(t, app.Config{TerminationGrace: 200 * time.Millisecond, WebhookTimeout: 2 * time.Second, WebhookSchedule: impatient}),
				desk: newDesk(t), archive: archive, vars: map[string]string{}}
			if updating() { // also what was recorded before something failed
				defer func() { require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644)) }()
			}
			s.play()
		})
	}
}

// impatient tries again at once, unless the receiver asked for patience.
func impatient(a send.Attempt, n int) (time.Duration, bool) {
	wait := 50 * time.Millisecond
	if a.RetryAfter != nil {
		wait = *a.RetryAfter
	}
	return wait, n < 8
}

// scenario is one script while it is played.
type scenario struct {
	*market
	desk    *desk
	archive *txtar.Archive
	plans   map[string]int64
	vars    map[string]string // $SUB, $ORDER, ...
	line    int
	printed string
}

// commands are what a script may say. A command that prints something may be
// followed by "> NAME": then it must print what the file NAME has.
func (s *scenario) commands() map[string]func(args []string) {
	return map[string]func([]string){
		"sell": s.publish, "order": s.order, "pay": s.pay, "change": s.change, "terminate": s.terminate, "advance": s.days,
		"status": s.status, "answer": s.answer, "event": s.event, "quiet": s.nothing, "reply": s.replyTo, "asked": s.asked,
		"call": s.call, "rest": s.rest, "deliveries": s.deliveries, "sleep": s.sleep,
	}
}

var aName = regexp.MustCompile(`\$[A-Z]+`)

func (s *scenario) play() {
	for line := range strings.Lines(string(s.archive.Comment)) {
		s.line++
		line, _, _ = strings.Cut(line, "#")
		line, file, compare := strings.Cut(line, ">")
		words := strings.Fields(s.expand(line))
		if len(words) == 0 {
			continue
		}
		run, ok := s.commands()[words[0]]
		require.True(s.t, ok, "line %d: no command %s", s.line, words[0])
		s.printed = ""
		run(words[1:])
		if compare {
			s.compare(strings.TrimSpace(file))
		}
	}
}

// expand puts in the values of $NAMES.
func (s *scenario) expand(text string) string {
	return aName.ReplaceAllStringFunc(text, func(name string) string {
		if v, ok := s.vars[name[1:]]; ok {
			return v
		}
		return name
	})
}

func (s *scenario) compare(name string) {
	s.t.Helper()
	i := slices.IndexFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == name })
	if updating() {
		if i < 0 {
			s.archive.Files = append(s.archive.Files, txtar.File{Name: name})
			i = len(s.archive.Files) - 1
		}
		s.archive.Files[i].Data = []byte(s.printed)
		return
	}
	require.GreaterOrEqual(s.t, i, 0, "line %d: there is no file %s", s.line, name)
	require.Equal(s.t, string(s.archive.Files[i].Data), s.printed, "line %d", s.line)
}

// publish sells the product; arguments are further fields as JSON.
func (s *scenario) publish(args []string) {
	more := obj{}
	if text := strings.ReplaceAll(strings.Join(args, " "), "DESK", s.desk.URL); text != "" {
		require.NoError(s.t, json.Unmarshal([]byte(text), &more), "line %d", s.line)
	}
	s.plans = s.sell(hosting(s.desk.URL+"/event", more), hostingPlans())
	for name, id := range s.plans {
		s.vars[strings.ToUpper(name)] = fmt.Sprint(id)
	}
}

// order PLAN PARAMETERS orders as the customer; what was refused is printed.
func (s *scenario) order(args []string) {
	body := obj{"planId": s.plans[args[0]]}
	if len(args) > 1 {
		body["parameters"] = json.RawMessage(strings.Join(args[1:], " "))
	}
	a := s.as(account.Customer).post("/orders", body)
	if a.status != http.StatusCreated {
		s.printed = fmt.Sprintf("%d %s\n%s\n", a.status, http.StatusText(a.status), s.normal(aRequest.ReplaceAllString(tidy([]byte(a.raw)), `"requestId": "ID"`)))
		return
	}
	for name, field := range map[string]string{"ORDER": "id", "SUB": "subscriptionId", "INVOICE": "invoiceId"} {
		if a.at(field).value != nil {
			s.vars[name] = fmt.Sprint(a.num(field))
		}
	}
}

func (s *scenario) sub() int64 {
	n, err := strconv.ParseInt(s.vars["SUB"], 10, 64)
	require.NoError(s.t, err, "line %d: nothing was ordered", s.line)
	return n
}

func (s *scenario) pay([]string) { s.payAll(s.sub()) }

func (s *scenario) change(args []string) {
	s.as(account.Customer).post(path("/subscriptions/%d/change-plan", s.sub()), obj{"planId": s.plans[args[0]]}).want(200)
}

func (s *scenario) terminate([]string) {
	s.as(account.Customer).post(path("/subscriptions/%d/terminate", s.sub()), nil).want(200)
}

// days DAYS moves the clock, "period" to the end of $SUB's period.
func (s *scenario) days(args []string) {
	if args[0] == "period" {
		s.advancePeriod(s.sub())
		return
	}
	n, err := strconv.Atoi(args[0])
	require.NoError(s.t, err)
	s.advance(n)
}

func (s *scenario) status(args []string) { s.becomes(s.sub(), args[0]) }

// answer ANSWER... says what the next events are answered; "429,2" is a 429
// that asks for 2 seconds.
func (s *scenario) answer(args []string) {
	for _, a := range args {
		s.desk.say(strings.ReplaceAll(a, ",", " "))
	}
}

// event TYPE waits for the next event and prints it.
func (s *scenario) event(args []string) {
	e, ok := s.desk.next(20 * time.Second)
	require.True(s.t, ok, "line %d: no %s came", s.line, args[0])
	require.Contains(s.t, string(e.body), fmt.Sprintf(`"type":%q`, args[0]), "line %d", s.line)
	s.printed = s.normal(e.show())
}

// nothing wants no further event, whatever is under way.
func (s *scenario) nothing([]string) {
	s.quiet()
	e, came := s.desk.next(100 * time.Millisecond)
	require.False(s.t, came, "line %d: %s", s.line, e.body)
}

func (s *scenario) replyTo(args []string) { s.desk.reply(args[0], strings.Join(args[1:], " ")) }

// asked PATH prints the question that came there last.
func (s *scenario) asked(args []string) {
	s.printed = s.normal(s.desk.lastQuestion(s.t, args[0]))
}

// call FILE sends a request as it stands in the file, its lines ended as HTTP
// wants it, and prints the answer.
func (s *scenario) call(args []string) {
	i := slices.IndexFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == args[0] })
	require.GreaterOrEqual(s.t, i, 0, "line %d: there is no file %s", s.line, args[0])
	head, body, _ := strings.Cut(strings.TrimSuffix(string(s.archive.Files[i].Data), "\n"), "\n\n")
	request := strings.ReplaceAll(strings.TrimSuffix(head, "\n"), "\n", "\r\n") + "\r\n\r\n" + body
	_, answer, err := connectors.Replay(s.t.Context(), s.url, []byte(s.fill(request)))
	require.NoError(s.t, err, "line %d", s.line)
	s.printed = s.show(answer)
	var token string
	if json.Unmarshal(answer.Body, &token) == nil {
		s.vars["LOGIN"] = token
	}
}

// fill puts in who speaks to whom.
func (s *scenario) fill(request string) string {
	u, err := url.Parse(s.url)
	require.NoError(s.t, err)
	pair := base64.StdEncoding.EncodeToString([]byte(emailOf(account.Vendor) + ":" + personPassword))
	return strings.NewReplacer("HOST", u.Host, "$TOKEN", s.tokens[account.Vendor], "$CUSTOMERTOKEN", s.tokens[account.Customer],
		"$BASIC", pair, "$USER", emailOf(account.Vendor)).Replace(s.expand(request))
}

// rest METHOD PATH STATUS BODY calls the REST API as the customer and prints
// what was answered.
func (s *scenario) rest(args []string) {
	status, err := strconv.Atoi(args[2])
	require.NoError(s.t, err)
	a := s.as(account.Customer).send(args[0], args[1], "application/json", []byte(strings.Join(args[3:], " "))).want(status)
	s.printed = s.normal(aRequest.ReplaceAllString(tidy([]byte(a.raw)), `"requestId": "ID"`)) + "\n"
}

// deliveries prints the log, oldest first: type, status, attempts.
func (s *scenario) deliveries([]string) {
	s.quiet()
	var b bytes.Buffer
	items := s.as(account.Vendor).get(path("/webhook-deliveries?subscriptionId=%d", s.sub())).want(200).list("items")
	slices.Reverse(items)
	for _, d := range items {
		fmt.Fprintf(&b, "%s %s after %s\n", d.str("eventType"), d.str("status"), d.str("attempts"))
	}
	s.printed = b.String()
}

func (s *scenario) sleep(args []string) {
	d, err := time.ParseDuration(args[0])
	require.NoError(s.t, err)
	time.Sleep(d)
}
