// Package sign builds the body of an outgoing event, signs it in the two ways
// receivers know (CMW-Event-Signature and Standard Webhooks), and verifies both.
package sign

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the connector contract fixes HMAC-SHA1, which SHA-1 collisions do not break
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed event.
const (
	HeaderEventSignature = "CMW-Event-Signature"
	HeaderID             = "Webhook-Id"
	HeaderTimestamp      = "Webhook-Timestamp"
	HeaderSignature      = "Webhook-Signature"
)

const (
	standardPrefix = "whsec_"
	sha1Prefix     = "sha1="
	v1Prefix       = "v1,"
)

// Headers returns the headers that accompany body. The id stays the same over
// all attempts of one delivery and holds no '.'; at is the machine's time of
// this attempt, because receivers refuse timestamps that are minutes off.
//
// While a secret is being replaced, older holds the secrets that are still
// valid: Standard Webhooks then carries a signature for each, and
// CMW-Event-Signature the one of secret. Empty secrets sign nothing; without
// any secret the two signature headers are absent.
func Headers(secret, id string, at time.Time, body []byte, older ...string) http.Header {
	h := http.Header{}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, timestamp)
	if secret != "" {
		h.Set(HeaderEventSignature, sha1Prefix+eventDigest(secret, body))
	}
	var signatures []string
	for _, s := range append([]string{secret}, older...) {
		if s != "" {
			signatures = append(signatures, v1Prefix+standardDigest(s, id, timestamp, body))
		}
	}
	if len(signatures) > 0 {
		h.Set(HeaderSignature, strings.Join(signatures, " "))
	}
	return h
}

// StandardSecret returns the form of secret that a receiver passes to a
// Standard Webhooks library: "whsec_" and the base64 of its bytes. A secret
// that has that form already is returned unchanged.
func StandardSecret(secret string) string {
	return standardPrefix + base64.StdEncoding.EncodeToString(standardKey(secret))
}

// standardKey is the HMAC-SHA256 key of a secret: the bytes behind whsec_ when
// the secret has that form, else its UTF-8.
func standardKey(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, standardPrefix); ok && encoded != "" {
		if key, err := base64.StdEncoding.Strict().DecodeString(encoded); err == nil {
			return key
		}
	}
	return []byte(secret)
}

func eventDigest(secret string, body []byte) string {
	return hex.EncodeToString(digest(sha1.New, []byte(secret), body))
}

func standardDigest(secret, id, timestamp string, body []byte) string {
	sum := digest(sha256.New, standardKey(secret), []byte(id+"."+timestamp+"."), body)
	return base64.StdEncoding.EncodeToString(sum)
}

func digest(algorithm func() hash.Hash, key []byte, parts ...[]byte) []byte {
	mac := hmac.New(algorithm, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}
