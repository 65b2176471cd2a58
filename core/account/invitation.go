package account

import (
	"cmp"
	"context"
	"time"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// invitationPrefix lets people and secret scanners recognize an invitation.
const invitationPrefix = "fdi_"

// invitationLife is how long an invitation can be accepted.
const invitationLife = 14 * 24 * time.Hour

// Invitation lets a person who has no password yet choose one, once.
type Invitation struct {
	ID         int64      `db:"id"`
	UserID     int64      `db:"user_id"`
	Name       string     `db:"name"`
	Email      string     `db:"email"`
	Company    string     `db:"company"`
	ExpiresAt  time.Time  `db:"expires_at"`
	AcceptedAt *time.Time `db:"accepted_at"`
}

// invite adds a person who cannot sign in before they accepted.
func (s *Service) invite(ctx context.Context, tx *store.Tx, organization int64, in PersonInput, token secret.Text) (Invitation, error) {
	hash, err := s.hash(string(secret.NewToken("")))
	if err != nil {
		return Invitation{}, err
	}
	u, err := createUser(ctx, tx, UserInput{OrganizationID: organization, Email: in.Email, Name: in.Name, Role: Admin}, hash)
	if err != nil {
		return Invitation{}, err
	}
	_, err = tx.Insert(ctx, `INSERT INTO invitation (marketplace_id, user_id, token_hash, expires_at) VALUES (?, ?, ?, ?)`,
		tx.Marketplace(), u.ID, secret.Hash(token), tx.Now().Add(invitationLife))
	if err != nil {
		return Invitation{}, err
	}
	return invitationBy(ctx, tx, token)
}

func invitationBy(ctx context.Context, tx *store.Tx, token secret.Text) (i Invitation, err error) {
	err = tx.Get(ctx, "invitation", &i, `SELECT i.id, i.user_id, u.name, u.email, o.name AS company, i.expires_at, i.accepted_at FROM invitation i
		JOIN account_user u ON u.id = i.user_id JOIN organization o ON o.id = u.organization_id WHERE i.marketplace_id = ? AND i.token_hash = ?`,
		tx.Marketplace(), secret.Hash(token))
	if fault.Is(err, fault.NotFound) || err == nil && (i.AcceptedAt != nil || !tx.Now().Before(i.ExpiresAt)) {
		err = fault.New(fault.NotFound, "This invitation was used already, or is older than two weeks. Ask for a new one, or sign in.")
	}
	return i, err
}

// Invitation returns who is invited with the token; NotFound once it was
// accepted or is over.
func (s *Service) Invitation(ctx context.Context, marketplace int64, token secret.Text) (Invitation, error) {
	var i Invitation
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		i, err = invitationBy(ctx, tx, token)
		return err
	})
	return i, err
}

// Accept sets the invited person's password and returns their actor.
func (s *Service) Accept(ctx context.Context, marketplace int64, token secret.Text, password string) (Actor, error) {
	if len([]rune(password)) < MinPassword {
		return Actor{}, fault.InvalidField("password", "Use at least 10 characters.")
	}
	hash, err := s.hash(password)
	if err != nil {
		return Actor{}, err
	}
	var actor Actor
	err = s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		i, err := invitationBy(ctx, tx, token)
		if err != nil {
			return err
		}
		used, err := tx.Exec(ctx, `UPDATE invitation SET accepted_at = ? WHERE marketplace_id = ? AND id = ? AND accepted_at IS NULL`, tx.Now(), tx.Marketplace(), i.ID)
		if err != nil || used == 0 {
			return cmp.Or(err, error(fault.New(fault.Conflict, "This invitation was accepted a moment ago. Sign in.")))
		}
		if _, err := tx.Exec(ctx, `UPDATE account_user SET password_hash = ? WHERE marketplace_id = ? AND id = ?`, hash, tx.Marketplace(), i.UserID); err != nil {
			return err
		}
		if actor, err = actorByID(ctx, tx, i.UserID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "invitation.accept", Entity: "user", EntityID: i.UserID})
	})
	return actor, err
}

// Accepted is a person who accepted, with an API token whose secret is shown
// this once.
type Accepted struct {
	Actor  Actor
	Token  Token
	Secret secret.Text
}

// AcceptInput is an invitation that is accepted without a browser.
type AcceptInput struct {
	Token     secret.Text
	Password  string
	TokenName string // "" is a name of ours
}

// AcceptByAPI is Accept for a program: it makes an API token, too, and what is
// wrong with the invitation is the field's.
func (s *Service) AcceptByAPI(ctx context.Context, marketplace int64, in AcceptInput) (Accepted, error) {
	actor, err := s.Accept(ctx, marketplace, in.Token, in.Password)
	if fault.Is(err, fault.NotFound) {
		err = fault.InvalidField("token", fault.As(err).Message)
	}
	if err != nil {
		return Accepted{}, err
	}
	token, text, err := s.CreateToken(ctx, actor, cmp.Or(in.TokenName, "invitation"))
	return Accepted{Actor: actor, Token: token, Secret: text}, err
}
