package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/web/problem"
)

// Names of the headers, and what answers are sealed for.
const (
	keyHeader       = "Idempotency-Key"
	replayedHeader  = "Idempotency-Replayed"
	sealAnswer      = "idempotency.answer"
	sealFingerprint = "idempotency.fingerprint"
)

// keyLife is how long an answer is kept; keySweep bounds the work of one
// request on those that are over.
const (
	keyLife  = 7 * 24 * time.Hour
	keySweep = 50
)

var keyForm = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)

func idempotencyParam() *huma.Param {
	return &huma.Param{Name: keyHeader, In: "header", Example: "5e0d0b6c-0a5e-4d5b-9d0e-0f2f3c5f2a11",
		Schema: &huma.Schema{Type: huma.TypeString},
		Description: "A key of your own, at most 200 characters. The same request with the same key is carried out once within 7 days: " +
			"its answer is repeated with the header Idempotency-Replayed."}
}

// keptAnswer is a row of idempotency_key. Status 0 means that the request is
// under way, or that the server died while it was.
type keptAnswer struct {
	ID          int64  `db:"id"`
	Fingerprint string `db:"fingerprint"`
	Status      int    `db:"status"`
	ContentType string `db:"content_type"`
	Body        []byte `db:"body"`
}

// idempotent answers a request that carries a key exactly once. What it keeps
// is sealed: answers hold tokens and requests hold cards.
func (s *server) idempotent(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	key, actor := r.Header.Get(keyHeader), actorOf(ctx.Context())
	if key == "" || actor.UserID == 0 {
		next(ctx)
		return
	}
	kept, isNew, err := s.claim(ctx.Context(), actor, key, r)
	switch {
	case err != nil:
		problem.Fail(w, r, s.log, err)
	case !isNew:
		s.replay(w, r, kept)
	default:
		s.once(ctx, actor, kept.ID, next)
	}
}

// claim takes the key for this request, or returns what is known of it.
func (s *server) claim(ctx context.Context, actor account.Actor, key string, r *http.Request) (kept keptAnswer, isNew bool, err error) {
	if !keyForm.MatchString(key) {
		return kept, false, fault.InvalidField(keyHeader, "Use 1 to 200 printable ASCII characters without spaces, such as a UUID.")
	}
	print, err := fingerprint(r)
	if err != nil {
		return kept, false, err
	}
	err = s.DB.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		kept, err = keptFor(ctx, tx, actor, key)
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		isNew = true
		if err := s.sweepKeys(ctx, tx); err != nil {
			return err
		}
		kept.ID, err = s.insertKey(ctx, tx, actor, key, print)
		return err
	})
	if store.IsTaken(err) {
		return kept, false, underWay()
	}
	if err != nil || isNew {
		return kept, isNew, err
	}
	return kept, false, s.sameRequest(kept, print)
}

func underWay() error {
	return fault.New(fault.Conflict, "A request with this Idempotency-Key is under way. Ask again in a moment; "+
		"if this stays so, it was interrupted: look whether it was carried out, and use a new key.")
}

// sameRequest refuses a key that was used for something else.
func (s *server) sameRequest(kept keptAnswer, print string) error {
	sealed, err := base64.StdEncoding.DecodeString(kept.Fingerprint)
	if err != nil {
		return fmt.Errorf("idempotency key %d: %w", kept.ID, err)
	}
	was, err := s.Box.Open(sealFingerprint, sealed)
	if err != nil {
		return fmt.Errorf("idempotency key %d: %w", kept.ID, err)
	}
	if was.Reveal() != print {
		return fault.InvalidField(keyHeader, "This key was used for another request. Use a new key for each.")
	}
	if kept.Status == 0 {
		return underWay()
	}
	return nil
}

// fingerprint is of method, address and body.
func fingerprint(r *http.Request) (string, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return "", fmt.Errorf("read body: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *server) replay(w http.ResponseWriter, r *http.Request, kept keptAnswer) {
	body, err := s.Box.Open(sealAnswer, kept.Body)
	if err != nil {
		problem.Fail(w, r, s.log, fmt.Errorf("idempotency key %d: %w", kept.ID, err))
		return
	}
	w.Header().Set("Content-Type", kept.ContentType)
	w.Header().Set(replayedHeader, "true")
	w.WriteHeader(kept.Status)
	_, _ = io.WriteString(w, body.Reveal()) // the client has gone: nobody is left to tell
}

// once carries the request out and keeps its answer before it is sent. An
// answer that may be another one next time is not kept.
func (s *server) once(ctx huma.Context, actor account.Actor, id int64, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	answer := &recorder{header: w.Header(), status: http.StatusOK}
	keep := false
	defer func() {
		if !keep {
			s.settle(ctx.Context(), actor, func(ctx context.Context, tx *store.Tx) error { return forgetKey(ctx, tx, id) })
		}
	}()
	next(humachi.NewContext(ctx.Operation(), r.WithContext(ctx.Context()), answer))
	if keep = answer.status < 500 && answer.status != http.StatusTooManyRequests; keep {
		s.settle(ctx.Context(), actor, func(ctx context.Context, tx *store.Tx) error {
			return keepAnswer(ctx, tx, id, answer, s.Box.Seal(sealAnswer, secret.Text(answer.body.String())))
		})
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes()) // the client has gone: it asks again
}

// settle writes what became of a key, though the client may have gone.
func (s *server) settle(ctx context.Context, actor account.Actor, write func(context.Context, *store.Tx) error) {
	ctx = context.WithoutCancel(ctx)
	err := s.DB.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error { return write(ctx, tx) })
	if err != nil {
		problem.Log(ctx, s.log, fmt.Errorf("idempotency key: %w", err))
	}
}

// recorder holds an answer back until it is kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *recorder) Header() http.Header         { return a.header }
func (a *recorder) WriteHeader(status int)      { a.status = status }
func (a *recorder) Write(b []byte) (int, error) { return a.body.Write(b) }

func keptFor(ctx context.Context, tx *store.Tx, actor account.Actor, key string) (k keptAnswer, err error) {
	return k, tx.Get(ctx, "idempotency key", &k, `SELECT id, fingerprint, status, content_type, body FROM idempotency_key
		WHERE marketplace_id = ? AND user_id = ? AND request_key = ?`, tx.Marketplace(), actor.UserID, key)
}

func (s *server) insertKey(ctx context.Context, tx *store.Tx, actor account.Actor, key, print string) (int64, error) {
	sealed := base64.StdEncoding.EncodeToString(s.Box.Seal(sealFingerprint, secret.Text(print)))
	return tx.Insert(ctx, `INSERT INTO idempotency_key (marketplace_id, user_id, request_key, fingerprint, created_at) VALUES (?, ?, ?, ?, ?)`,
		tx.Marketplace(), actor.UserID, key, sealed, s.DB.Clock().Now())
}

// sweepKeys deletes a few keys that are over, by the machine's clock: a
// sandbox clock that is advanced must not make keys old.
func (s *server) sweepKeys(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM idempotency_key WHERE id IN (SELECT id FROM idempotency_key
		WHERE marketplace_id = ? AND created_at < ? ORDER BY id LIMIT ?)`, tx.Marketplace(), s.DB.Clock().Now().Add(-keyLife), keySweep)
	return err
}

func keepAnswer(ctx context.Context, tx *store.Tx, id int64, a *recorder, sealed []byte) error {
	_, err := tx.Exec(ctx, `UPDATE idempotency_key SET status = ?, content_type = ?, body = ? WHERE marketplace_id = ? AND id = ?`,
		a.status, a.header.Get("Content-Type"), sealed, tx.Marketplace(), id)
	return err
}

func forgetKey(ctx context.Context, tx *store.Tx, id int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM idempotency_key WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
	return err
}
