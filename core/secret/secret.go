// Package secret keeps secrets: sealed at rest with AES-256-GCM under a key
// from a file or the environment, hashed where only recognition is needed,
// and never written by a logger.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// Text is a secret in clear. It shows as "[secret]" in logs and errors.
type Text string

// LogValue hides the secret from slog.
func (Text) LogValue() slog.Value { return slog.StringValue("[secret]") }

// String hides the secret from fmt; use Reveal where it is really meant.
func (Text) String() string { return "[secret]" }

// GoString hides the secret from %#v.
func (Text) GoString() string { return "[secret]" }

// Reveal returns the secret in clear.
func (t Text) Reveal() string { return string(t) }

// Box seals and opens with one key.
type Box struct{ aead cipher.AEAD }

// KeySize is the length of a key in bytes.
const KeySize = 32

// NewBox returns a box for a 32-byte key.
func NewBox(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the secret key has %d bytes; it needs %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return &Box{aead: aead}, nil
}

// ParseKey reads a key written as 64 hexadecimal digits or as base64.
func ParseKey(s string) ([]byte, error) {
	s = strings.TrimSpace(s)
	if key, err := hex.DecodeString(s); err == nil && len(key) == KeySize {
		return key, nil
	}
	if key, err := base64.StdEncoding.DecodeString(s); err == nil && len(key) == KeySize {
		return key, nil
	}
	return nil, errors.New("the secret key must be 32 bytes, written as 64 hexadecimal digits or in base64; make one with: openssl rand -hex 32")
}

// LoadOrCreateKey reads the key file, or writes a new random key there
// (mode 0600) when there is none.
func LoadOrCreateKey(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return ParseKey(string(raw))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("secret key file: %w", err)
	}
	key := make([]byte, KeySize)
	rand.Read(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("secret key file: %w", err)
	}
	if err := os.WriteFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("secret key file: %w", err)
	}
	return key, nil
}

// Seal encrypts text. The purpose ("credential") is bound into it: a value
// sealed for one purpose does not open for another. Empty text seals to nil.
func (b *Box) Seal(purpose string, text Text) []byte {
	if text == "" {
		return nil
	}
	nonce := make([]byte, b.aead.NonceSize())
	rand.Read(nonce)
	return b.aead.Seal(nonce, nonce, []byte(text), []byte(purpose))
}

// Open decrypts what Seal made; nil opens to "".
func (b *Box) Open(purpose string, sealed []byte) (Text, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return "", fmt.Errorf("open %s: sealed value is too short", purpose)
	}
	plain, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return "", fmt.Errorf("open %s: wrong key or damaged value: %w", purpose, err)
	}
	return Text(plain), nil
}

// NewToken returns a random token with the prefix: 32 bytes, URL-safe.
func NewToken(prefix string) Text {
	raw := make([]byte, 32)
	rand.Read(raw)
	return Text(prefix + base64.RawURLEncoding.EncodeToString(raw))
}

// Hash returns what is stored of a token: its SHA-256 in hex. Tokens are
// random, so they need no salt and no slow hash.
func Hash(token Text) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
