package sign

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/fondaco/fondaco/core/secret"
)

// secretBytes is the size of a new key: 192 bits, as Standard Webhooks
// recommends (24 to 64 bytes), and a length that base64 needs not pad.
const secretBytes = 24

// NewSecret returns a random secret in the form that Standard Webhooks
// libraries take. The same text is the key of CMW-Event-Signature.
func NewSecret() secret.Text {
	key := make([]byte, secretBytes)
	rand.Read(key)
	return secret.Text(standardPrefix + base64.StdEncoding.EncodeToString(key))
}
