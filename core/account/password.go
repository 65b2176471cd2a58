package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/recent"
	"github.com/fondaco/fondaco/core/store"
)

// Bounds of passwords.
const (
	passwordsFor  = 10 * time.Minute
	passwordsKept = 4096
)

// passwords remembers what comparisons came to, for clients that send a
// password with every call: a comparison costs tens of milliseconds by
// intention. A comparison is remembered with the hash it was made with, and
// the stored hash is read anew for each call, so a changed password holds at
// once, whoever changed it. Neither passwords nor hashes of them alone are in
// memory: the key is new in each process.
type passwords struct {
	key  []byte
	seen *recent.Map[[sha256.Size]byte, comparison]
}

type comparison struct {
	hash  string
	right bool
}

func newPasswords() *passwords {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails
	return &passwords{key: key, seen: recent.New[[sha256.Size]byte, comparison](passwordsKept, passwordsFor)}
}

// index is what a comparison is remembered by.
func (p *passwords) index(user int64, password string) (index [sha256.Size]byte) {
	mac := hmac.New(sha256.New, p.key)
	_ = binary.Write(mac, binary.BigEndian, user) // a hash takes everything
	mac.Write([]byte(password))
	mac.Sum(index[:0])
	return index
}

// compare reports whether the password is the one of the hash.
func (p *passwords) compare(user int64, password, hash string, now time.Time) (bool, error) {
	index := p.index(user, password)
	if known, ok := p.seen.Get(index, now); ok && known.hash == hash {
		return known.right, nil
	}
	right, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password of user %d: %w", user, err)
	}
	p.seen.Put(index, comparison{hash: hash, right: right}, now)
	return right, nil
}

// SignInOften is SignIn for clients that send e-mail and password with every
// call: a comparison is made once and remembered for minutes. A changed
// password holds from the next call on.
func (s *Service) SignInOften(ctx context.Context, marketplace int64, email, password string) (Actor, error) {
	return s.signIn(ctx, marketplace, email, func(user int64, hash string) (bool, error) {
		return s.passwords.compare(user, password, hash, s.db.Clock().Now())
	}, password)
}

// signIn finds the person and has the stored hash compared. Which of e-mail and
// password was wrong is not said.
func (s *Service) signIn(ctx context.Context, marketplace int64, email string, compare func(user int64, hash string) (bool, error), password string) (Actor, error) {
	wrong := fault.New(fault.Unauthenticated, "E-mail address or password is wrong.")
	var actor Actor
	var hash string
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		actor, hash, err = actorByEmail(ctx, tx, normalEmail(email))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		_, _ = s.hash(password) // the same time for an unknown address
		return Actor{}, wrong
	}
	if err != nil {
		return Actor{}, err
	}
	ok, err := compare(actor.UserID, hash)
	if err != nil {
		return Actor{}, err
	}
	if !ok {
		return Actor{}, wrong
	}
	return actor, nil
}
