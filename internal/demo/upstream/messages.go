package upstream

import (
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/fault"
)

var (
	phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	idForm    = regexp.MustCompile(`^[a-z]+-[0-9a-f]{6}$`)
	mailForm  = regexp.MustCompile(`^[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
)

func (u *upstream) messages() routes {
	return routes{
		"POST /messages":        u.sendMessage,
		"GET /messages/{id}":    u.showMessage,
		"GET /numbers/{number}": lookUpNumber,
	}
}

func (u *upstream) sendMessage(r *http.Request) (any, error) {
	in, err := body[struct{ To, From, Text string }](r)
	if err != nil {
		return nil, err
	}
	var c fault.Check
	c.That(phoneForm.MatchString(in.To), "to", "The number has to be written like +390415550123.")
	c.That(len(in.From) >= 1 && len(in.From) <= 11, "from", "The sender has 1 to 11 letters or digits.")
	n := utf8.RuneCountInString(in.Text)
	c.That(n >= 1 && n <= 459, "text", "The text has 1 to 459 characters.")
	if err := c.Err(); err != nil {
		return nil, err
	}
	id := code("msg", in, u.clock.Now())
	return created{"/messages/" + id, map[string]any{"id": id, "to": in.To, "state": "accepted", "parts": 1 + (n-1)/160}}, nil
}

// known returns an id of the kind that this service gives out.
func known(r *http.Request, prefix string) (string, error) {
	id := r.PathValue("id")
	if !idForm.MatchString(id) || !strings.HasPrefix(id, prefix+"-") {
		return "", fault.Newf(fault.NotFound, "There is no %q.", id)
	}
	return id, nil
}

func (u *upstream) showMessage(r *http.Request) (any, error) {
	id, err := known(r, "msg")
	if err != nil {
		return nil, err
	}
	sent := u.clock.Now().Truncate(time.Hour)
	state := []string{"delivered", "delivered", "delivered", "delivered", "expired"}[pick(5, id)]
	return map[string]any{"id": id, "state": state, "sentAt": sent, "finalAt": sent.Add(time.Duration(2+pick(20, id)) * time.Second)}, nil
}

func lookUpNumber(r *http.Request) (any, error) {
	number := r.PathValue("number")
	if !phoneForm.MatchString(number) {
		return nil, fault.InvalidField("number", "The number has to be written like +390415550123.")
	}
	land := "other"
	for prefix, code := range map[string]string{"+39": "IT", "+49": "DE", "+31": "NL", "+43": "AT", "+33": "FR", "+44": "GB", "+34": "ES"} {
		if strings.HasPrefix(number, prefix) {
			land = code
		}
	}
	networks := []string{"Terra Mobile", "Onda", "Vela Telecom"}
	return map[string]any{"number": number, "country": land, "network": networks[pick(3, number)], "kind": []string{"mobile", "fixed"}[pick(2, number, "kind")]}, nil
}

func (u *upstream) addresses() routes {
	return routes{"GET /check": checkMail, "GET /domains/{domain}": checkDomain}
}

func throwAway(domain string) bool {
	return strings.Contains(" mailtrash.example tenminutes.example nospam.example ", " "+domain+" ")
}

// meant proposes the domain that was probably meant, or "".
func meant(domain string) string {
	return map[string]string{
		"gmial.com": "gmail.com", "gmai.com": "gmail.com", "hotmial.com": "hotmail.com", "outlok.com": "outlook.com", "squero.exmaple": "squero.example",
	}[domain]
}

func checkMail(r *http.Request) (any, error) {
	email, err := needed(r, "email")
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	answer := map[string]any{"email": email, "form": mailForm.MatchString(email), "throwAway": throwAway(domain), "verdict": "deliverable"}
	switch proposal := meant(domain); {
	case !mailForm.MatchString(email):
		answer["verdict"] = "not an address"
	case proposal != "":
		answer["verdict"], answer["didYouMean"] = "undeliverable", strings.Split(email, "@")[0]+"@"+proposal
	case pick(10, email) == 0:
		answer["verdict"] = "undeliverable"
	}
	return answer, nil
}

func checkDomain(r *http.Request) (any, error) {
	domain := strings.ToLower(r.PathValue("domain"))
	if !mailForm.MatchString("x@" + domain) {
		return nil, fault.InvalidField("domain", "The domain has to be written like squero.example.")
	}
	return map[string]any{"domain": domain, "takesMail": meant(domain) == "", "throwAway": throwAway(domain), "mx": []string{"mx1." + domain, "mx2." + domain}}, nil
}
