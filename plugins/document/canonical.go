package document

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Canonical is v as JSON with sorted keys and no insignificant differences;
// "" when it cannot be JSON.
func Canonical(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	var plain any
	if json.Unmarshal(raw, &plain) != nil {
		return string(raw)
	}
	raw, _ = json.Marshal(plain) // it was JSON a line ago
	return string(raw)
}

// Fingerprint tells texts apart in 12 hexadecimal digits, short enough for
// tags and names in other systems. It is no secret: a text that can be guessed
// can be found from it.
func Fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}
