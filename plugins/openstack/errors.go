package openstack

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// errUnreadable is an answer that is JSON and not what was asked for.
var errUnreadable = errors.New("the answer has not the form that OpenStack's have")

// maxWords is how much of a cloud's own words a message repeats, in bytes.
const maxWords = 300

// wrap says what was being done and how the marketplace goes on: what the
// cloud refuses stays refused, everything else is tried again.
func (s *session) wrap(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*sdk.Error](err); done {
		return err
	}
	doing = fmt.Sprintf(doing, args...)
	if reauth, ok := errors.AsType[*gophercloud.ErrUnableToReauthenticate](err); ok {
		err = reauth.ErrReauth
	}
	if answer, ok := errors.AsType[gophercloud.ErrUnexpectedResponseCode](err); ok {
		return s.refused(answer, doing)
	}
	cause := errors.New(s.secrets.Scrub(err.Error()))
	switch {
	case timedOut(err): // by the client's limit or the caller's, which must show through
		return sdk.Transient(err, "%s did not answer in time while %s.", s.called(), doing)
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return sdk.Transient(err, "Stopped while %s.", doing)
	case unreachable(err):
		return sdk.Transient(cause, "%s cannot be reached. Check the address and that it runs.", s.called())
	case untrusted(err):
		return sdk.Transient(cause, "%s has a certificate that is not trusted. Set caCert in its settings, or renew the certificate.", s.called())
	}
	return sdk.Transient(cause, "%s did not answer well while %s.", s.called(), doing)
}

func timedOut(err error) bool {
	call, ok := errors.AsType[*url.Error](err)
	return ok && call.Timeout()
}

func unreachable(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

func untrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

func (s *session) refused(answer gophercloud.ErrUnexpectedResponseCode, doing string) error {
	words := s.secrets.Scrub(wordsOf(answer.Body))
	cause := fmt.Errorf("%s %s: status %d: %s", answer.Method, s.secrets.Scrub(answer.URL), answer.Actual, words)
	switch code := answer.Actual; {
	case code == http.StatusUnauthorized:
		return sdk.Permanent("%s does not accept the user name and password in settings.clouds.%s, or its project and domain names are wrong.", s.called(), s.name)
	case code == http.StatusForbidden:
		return sdk.Permanent("%s does not allow %s: %s Its user in settings.clouds.%s needs the admin role.", s.called(), doing, words, s.name)
	case code < 400 || code == http.StatusNotFound || code == http.StatusConflict || code == http.StatusRequestTimeout ||
		code == http.StatusTooManyRequests || code >= 500:
		return sdk.Transient(cause, "%s had trouble while %s (status %d).", s.called(), doing, code)
	}
	return sdk.Permanent("%s refused %s: %s", s.called(), doing, words)
}

// unreadable is the error for an answer that lacks what was asked for.
func (s *session) unreadable(doing string, args ...any) error {
	return s.wrap(errUnreadable, doing, args...)
}

// called is the cloud in a sentence.
func (s *session) called() string { return fmt.Sprintf("The cloud %q at %s", s.name, s.config.AuthURL) }

// wordsOf is the message in a service's answer: they all have one, each in a
// place of its own.
func wordsOf(body []byte) string {
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		return "no reason was given."
	}
	words := messageIn(answer)
	if words == "" {
		return "no reason was given."
	}
	if len(words) > maxWords {
		words = words[:maxWords] + "..."
	}
	return strings.ToValidUTF8(words, "?")
}

func messageIn(v any) string {
	fields, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	if m, ok := fields["message"].(string); ok {
		return m
	}
	for _, name := range sortedKeys(fields) {
		if m := messageIn(fields[name]); m != "" {
			return m
		}
	}
	return ""
}

func isGone(err error) bool  { return gophercloud.ResponseCodeIs(err, http.StatusNotFound) }
func isTaken(err error) bool { return gophercloud.ResponseCodeIs(err, http.StatusConflict) }

// foreign says that a name is taken by an object that is not ours.
func (s *session) foreign(kind, name, mark string) error {
	return sdk.Permanent("%s has a %s %q that does not belong to this marketplace (it lacks the mark %q). It was left alone; rename or remove it and try again.", s.called(), kind, name, mark)
}
