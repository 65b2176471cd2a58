package sign

import (
	"crypto/hmac"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// Tolerance is how far a webhook-timestamp may be from the receiver's time,
// as in the Standard Webhooks libraries.
const Tolerance = 5 * time.Minute

// VerifyEvent checks CMW-Event-Signature over the exact body bytes against any
// of the secrets. The error is an Unauthenticated fault; it never holds a
// secret or an expected signature.
func VerifyEvent(h http.Header, body []byte, secrets ...string) error {
	got, ok := strings.CutPrefix(h.Get(HeaderEventSignature), sha1Prefix)
	if !ok {
		return refuse("The header CMW-Event-Signature is missing or does not start with sha1=.")
	}
	for _, secret := range secrets {
		if secret != "" && hmac.Equal([]byte(got), []byte(eventDigest(secret, body))) {
			return nil
		}
	}
	return refuse("CMW-Event-Signature does not match the body. Check the secret, and that the body is verified exactly as it was received.")
}

// VerifyStandard checks the Standard Webhooks headers against any of the
// secrets, and that the timestamp is within Tolerance of now. The error is an
// Unauthenticated fault.
func VerifyStandard(h http.Header, body []byte, now time.Time, secrets ...string) error {
	id, timestamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	if id == "" || timestamp == "" || h.Get(HeaderSignature) == "" {
		return refuse("One of the headers webhook-id, webhook-timestamp and webhook-signature is missing.")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return refuse("The header webhook-timestamp is not a number of seconds.")
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > Tolerance || off < -Tolerance {
		return refuse("webhook-timestamp is more than 5 minutes away from this machine's time. Check the clock; a repeated old request is refused too.")
	}
	for _, got := range strings.Fields(h.Get(HeaderSignature)) {
		for _, secret := range secrets {
			want := v1Prefix + standardDigest(secret, id, timestamp, body)
			if secret != "" && hmac.Equal([]byte(got), []byte(want)) {
				return nil
			}
		}
	}
	return refuse("webhook-signature does not match. Check the secret, and that the body is verified exactly as it was received.")
}

func refuse(message string) error { return fault.New(fault.Unauthenticated, message) }
