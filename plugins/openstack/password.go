package openstack

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// nonceLength is that of the hexadecimal nonce in a project's tag.
const nonceLength = 32

// newNonce returns what makes a project's password its own.
func newNonce() string {
	var b [nonceLength / 2]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// login is how a tenant's user logs in. The plugin keeps no state and must
// give the same password at every retry, so it follows from a secret in the
// settings and a nonce in a tag of the project. mark, kept with the user,
// tells later whether the user's password is (still) this one: another seed
// gives another mark.
type login struct{ password, mark string }

// loginOf derives the login. The tenant can read the nonce, and has the
// password; that it cannot find the seed by trying is what Argon2 is for.
func (p *Provider) loginOf(s sale, nonce string) login {
	key := p.keyring.key(or(s.settings.PasswordSeed, s.cloud.Password), s.settings.Mark)
	sum := digest(key, "password "+nonce)
	// Letters of both cases, digits and signs, whatever a cloud's rules ask for.
	password := base64.RawURLEncoding.EncodeToString(sum[:21]) + "-aA1"
	return login{password, hex.EncodeToString(digest(key, "mark "+nonce)[:8])}
}

func digest(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}

// keyring remembers stretched seeds: stretching is slow on purpose.
type keyring struct {
	mu   sync.Mutex
	keys map[[32]byte][]byte
}

// key stretches a seed.
func (k *keyring) key(seed, mark string) []byte {
	name := sha256.Sum256([]byte(mark + "\x00" + seed))
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[name]; key != nil {
		return key
	}
	// The least that OWASP recommends for Argon2id: 19 MiB, two passes.
	key := argon2.IDKey([]byte(seed), []byte("fondaco openstack "+mark), 2, 19*1024, 1, 32)
	k.keys[name] = key
	return key
}

// nonceOf reads the project's tags, "" when it has none.
func (s sale) nonceOf(tags []string) string {
	for _, t := range tags {
		if nonce, ok := strings.CutPrefix(t, s.noncePrefix()); ok && len(nonce) == nonceLength {
			return nonce
		}
	}
	return ""
}
