package sign_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const secret = "MY_SECRET_TOKEN"

func created() sign.Event {
	return sign.Event{
		Date:      time.Date(2015, 1, 12, 12, 19, 30, 987654321, time.FixedZone("CET", 3600)),
		Entity:    "Subscription",
		EntityURL: "subscription/2388",
		ID:        2388,
		Type:      sign.Created,
	}
}

func TestBody_isTheExactBytesOfTheContract(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		`{"date":"2015-01-12T11:19:30Z","entity":"Subscription","entityUrl":"subscription/2388","id":2388,"type":"CREATED"}`,
		string(created().Body()))
}

func TestHeaders_matchTheContractsCheckVector(t *testing.T) {
	t.Parallel()
	h := sign.Headers(secret, "msg_1", time.Unix(1, 0), created().Body())
	require.Equal(t, "sha1=415d28023eb609dc3069ddd00622cca7a9e1775e", h.Get("CMW-Event-Signature"))
}

func TestHeaders_satisfyTheStandardWebhooksLibrary(t *testing.T) {
	t.Parallel()
	// The project's own example vector: whsec_ form is used as its libraries do.
	const theirs = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	h := sign.Headers(theirs, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", h.Get("webhook-signature"))

	now := clock.System{}.Now()
	for _, s := range []string{secret, "pa55 wörd €", "whsec_", "whsec_not base64!", theirs} {
		body := created().Body()
		h := sign.Headers(s, "msg_1", now, body)
		library, err := standardwebhooks.NewWebhook(sign.StandardSecret(s))
		require.NoError(t, err)
		require.NoError(t, library.Verify(body, h), s)
		require.Error(t, library.Verify(append(body, ' '), h), s)
	}
	require.Equal(t, theirs, sign.StandardSecret(theirs))
	require.Equal(t, "whsec_TVlfU0VDUkVUX1RPS0VO", sign.StandardSecret(secret))
}

func TestHeaders_withoutSecretSignNothing(t *testing.T) {
	t.Parallel()
	h := sign.Headers("", "msg_1", time.Unix(7, 0), created().Body(), "")
	require.Equal(t, http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {"7"}}, h)
}

func TestHeaders_duringRotationSatisfyHoldersOfEitherSecret(t *testing.T) {
	t.Parallel()
	now, body := clock.System{}.Now(), created().Body()
	h := sign.Headers("new", "msg_1", now, body, "old")
	require.Len(t, strings.Split(h.Get("webhook-signature"), " "), 2)
	for _, s := range []string{"new", "old"} {
		library, err := standardwebhooks.NewWebhook(sign.StandardSecret(s))
		require.NoError(t, err)
		require.NoError(t, library.Verify(body, h))
		require.NoError(t, sign.VerifyStandard(h, body, now, s))
	}
	require.NoError(t, sign.VerifyEvent(h, body, "new"))
	require.Error(t, sign.VerifyEvent(h, body, "old"))
	require.NoError(t, sign.VerifyEvent(h, body, "old", "new"))
}

func TestVerify_refusesWhatWasNotSignedWithTheSecret(t *testing.T) {
	t.Parallel()
	now, body := time.Unix(1_700_000_000, 0), created().Body()
	good := func() http.Header { return sign.Headers(secret, "msg_1", now, body) }
	with := func(name, value string) http.Header {
		h := good()
		h.Set(name, value)
		return h
	}
	cases := map[string]struct {
		header http.Header
		body   []byte
		now    time.Time
		secret string
	}{
		"another secret":      {good(), body, now, "guess"},
		"empty secret":        {sign.Headers("", "msg_1", now, body), body, now, ""},
		"changed body":        {good(), []byte("{}"), now, secret},
		"no headers":          {http.Header{}, body, now, secret},
		"changed id":          {with("webhook-id", "msg_2"), body, now, secret},
		"timestamp not ours":  {with("webhook-timestamp", "1700000001"), body, now, secret},
		"timestamp no number": {with("webhook-timestamp", "soon"), body, now, secret},
		"too old":             {good(), body, now.Add(5*time.Minute + time.Second), secret},
		"from the future":     {good(), body, now.Add(-5*time.Minute - time.Second), secret},
	}
	for name, c := range cases {
		err := sign.VerifyStandard(c.header, c.body, c.now, c.secret)
		require.True(t, fault.Is(err, fault.Unauthenticated), name)
		require.NotContains(t, err.Error(), secret, name)
	}
	for _, name := range []string{"another secret", "empty secret", "changed body", "no headers"} {
		c := cases[name]
		require.True(t, fault.Is(sign.VerifyEvent(c.header, c.body, c.secret), fault.Unauthenticated), name)
	}
	require.Error(t, sign.VerifyEvent(with("CMW-Event-Signature", "415d28023eb609dc3069ddd00622cca7a9e1775e"), body, secret))
}

func TestSignedEvents_verifyForAnySecretAndBody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringN(1, -1, 80).Draw(t, "secret")
		event := sign.Event{
			Date:      time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "date"), 0),
			Entity:    rapid.String().Draw(t, "entity"),
			EntityURL: rapid.String().Draw(t, "url"),
			ID:        rapid.Int64Range(1, 1<<31-1).Draw(t, "id"),
			Type:      sign.Modified,
		}
		body := event.Body()
		require.True(t, json.Valid(body))
		h := sign.Headers(secret, "msg_9", event.Date, body)
		require.NoError(t, sign.VerifyEvent(h, body, secret))
		require.NoError(t, sign.VerifyStandard(h, body, event.Date, secret))
	})
}
