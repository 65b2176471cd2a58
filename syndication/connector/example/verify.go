package example

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // CMW-Event-Signature is HMAC-SHA1, which SHA-1 collisions do not break
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// verify checks both signatures of an event over the bytes exactly as they
// came. The second covers the time, too, so that nobody can send an old event
// again.
func verify(h http.Header, body []byte, now time.Time, secrets []string) error {
	for _, secret := range secrets {
		if secret != "" && cmwSigned(h, body, secret) {
			return verifyStandard(h, body, now, secrets)
		}
	}
	return errors.New("CMW-Event-Signature does not match the body")
}

// cmwSigned checks CMW-Event-Signature: "sha1=" and the hex of the HMAC-SHA1.
func cmwSigned(h http.Header, body []byte, secret string) bool {
	want := "sha1=" + hex.EncodeToString(digest(sha1.New, []byte(secret), body))
	return hmac.Equal([]byte(h.Get("CMW-Event-Signature")), []byte(want))
}

// verifyStandard checks the headers of Standard Webhooks. While a secret is
// replaced there are two signatures, and one that we know is enough.
func verifyStandard(h http.Header, body []byte, now time.Time, secrets []string) error {
	id, stamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); err != nil || off > 5*time.Minute {
		return errors.New("webhook-timestamp is missing or more than 5 minutes off")
	}
	for _, got := range strings.Fields(h.Get("webhook-signature")) {
		for _, secret := range secrets {
			sum := digest(sha256.New, standardKey(secret), []byte(id+"."+stamp+"."), body)
			if secret != "" && hmac.Equal([]byte(got), []byte("v1,"+base64.StdEncoding.EncodeToString(sum))) {
				return nil
			}
		}
	}
	return errors.New("webhook-signature does not match the body")
}

// standardKey is the secret as it was typed, or what is behind "whsec_".
func standardKey(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok && encoded != "" {
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return key
		}
	}
	return []byte(secret)
}

func digest(algorithm func() hash.Hash, key []byte, parts ...[]byte) []byte {
	mac := hmac.New(algorithm, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}
