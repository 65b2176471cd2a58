package account

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// Service is what can be done with accounts.
type Service struct {
	db        *store.DB
	params    *argon2id.Params
	passwords *passwords
}

// New returns the service.
func New(db *store.DB) *Service {
	return &Service{db: db, passwords: newPasswords(), params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
}

// CreateMarketplace adds a tenant. It is done by the installation, not by a
// person of another marketplace.
func (s *Service) CreateMarketplace(ctx context.Context, in MarketplaceInput) (Marketplace, error) {
	if err := in.Validate(); err != nil {
		return Marketplace{}, err
	}
	var m Marketplace
	err := s.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		id, err := insertMarketplace(ctx, tx, in)
		if err != nil {
			return err
		}
		m, err = marketplaceByID(ctx, tx, id)
		return err
	})
	return m, err
}

// Marketplaces lists all tenants by id.
func (s *Service) Marketplaces(ctx context.Context) ([]Marketplace, error) {
	var all []Marketplace
	err := s.db.View(ctx, store.Platform, func(tx *store.Tx) (err error) {
		all, err = marketplaces(ctx, tx)
		return err
	})
	return all, err
}

// Marketplace returns the tenant by id.
func (s *Service) Marketplace(ctx context.Context, id int64) (Marketplace, error) {
	var m Marketplace
	err := s.db.View(ctx, store.Platform, func(tx *store.Tx) (err error) {
		m, err = marketplaceByID(ctx, tx, id)
		return err
	})
	return m, err
}

// MarketplaceByHost returns the tenant that answers on the host (no port), or
// the one with host "*".
func (s *Service) MarketplaceByHost(ctx context.Context, host string) (Marketplace, error) {
	var m Marketplace
	err := s.db.View(ctx, store.Platform, func(tx *store.Tx) (err error) {
		m, err = MarketplaceAt(ctx, tx, host)
		return err
	})
	return m, err
}

// CreateOrganization adds an organization to the marketplace.
func (s *Service) CreateOrganization(ctx context.Context, marketplace int64, in OrganizationInput) (Organization, error) {
	if err := in.Validate(); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.db.InTx(ctx, marketplace, func(tx *store.Tx) (err error) {
		o, err = createOrganization(ctx, tx, in)
		return err
	})
	return o, err
}

func createOrganization(ctx context.Context, tx *store.Tx, in OrganizationInput) (Organization, error) {
	id, err := insertOrganization(ctx, tx, in)
	if err != nil {
		return Organization{}, err
	}
	o, err := OrganizationByID(ctx, tx, id)
	if err != nil {
		return Organization{}, err
	}
	return o, audit.Write(ctx, tx, audit.Entry{Actor: audit.System, Action: "organization.create", Entity: "organization", EntityID: id, After: o})
}

// CreateUser adds a person to an organization. The e-mail address must be new
// to the marketplace.
func (s *Service) CreateUser(ctx context.Context, marketplace int64, in UserInput) (User, error) {
	in.Email = normalEmail(in.Email)
	if err := in.Validate(); err != nil {
		return User{}, err
	}
	hash, err := s.hash(in.Password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.db.InTx(ctx, marketplace, func(tx *store.Tx) (err error) {
		u, err = createUser(ctx, tx, in, hash)
		return err
	})
	return u, err
}

func createUser(ctx context.Context, tx *store.Tx, in UserInput, hash string) (User, error) {
	if _, err := userByEmail(ctx, tx, in.Email); err == nil {
		return User{}, emailTaken()
	}
	id, err := insertUser(ctx, tx, in, hash)
	if store.IsTaken(err) {
		return User{}, emailTaken()
	}
	if err != nil {
		return User{}, err
	}
	return userByID(ctx, tx, id)
}

func emailTaken() error {
	e := fault.New(fault.Conflict, "There is already an account with this e-mail address. Sign in instead.")
	e.Fields = []fault.Field{{Name: "email", Message: e.Message}}
	return e
}

// SignUpInput is a customer's own registration.
type SignUpInput struct {
	Company  string
	Name     string
	Email    string
	Password string
	Vendor   bool // wants to sell
	// ResellerID is on whose storefront they sign up: they become its customer.
	ResellerID int64
}

// SignUp makes an organization and its first administrator in one step.
func (s *Service) SignUp(ctx context.Context, marketplace int64, in SignUpInput) (User, error) {
	in.Email = normalEmail(in.Email)
	kind := Customer
	if in.Vendor && in.ResellerID == 0 {
		kind = Vendor
	}
	org := OrganizationInput{Kind: kind, Name: in.Company, Email: in.Email, ResellerID: in.ResellerID}
	person := UserInput{Email: in.Email, Name: in.Name, Password: in.Password, Role: Admin}
	var c fault.Check
	c.Need("company", in.Company)
	c.MaxLen("company", in.Company, 200)
	c.Merge("", person.Validate())
	if err := c.Err(); err != nil {
		return User{}, err
	}
	hash, err := s.hash(in.Password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		o, err := createOrganization(ctx, tx, org)
		if err != nil {
			return err
		}
		person.OrganizationID = o.ID
		u, err = createUser(ctx, tx, person, hash)
		return err
	})
	return u, err
}

// SignIn checks e-mail and password and returns the actor. Which of the two
// was wrong is not said.
func (s *Service) SignIn(ctx context.Context, marketplace int64, email, password string) (Actor, error) {
	return s.signIn(ctx, marketplace, email, func(user int64, hash string) (bool, error) {
		right, err := argon2id.ComparePasswordAndHash(password, hash)
		if err != nil {
			return false, fmt.Errorf("compare password of user %d: %w", user, err)
		}
		return right, nil
	}, password)
}

// ActorOf returns the actor of a signed-in person's session.
func (s *Service) ActorOf(ctx context.Context, marketplace, user int64) (Actor, error) {
	var actor Actor
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		actor, err = actorByID(ctx, tx, user)
		return err
	})
	return actor, err
}

// Organization returns the organization if the actor may see it.
func (s *Service) Organization(ctx context.Context, actor Actor, id int64) (Organization, error) {
	if err := actor.NeedOwn("organization", id); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		o, err = OrganizationByID(ctx, tx, id)
		return err
	})
	return o, err
}

func (s *Service) hash(password string) (string, error) {
	h, err := argon2id.CreateHash(password, s.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return h, nil
}

// tokenPrefix lets people and secret scanners recognize a token.
const tokenPrefix = "fdk_"

// CreateToken makes an API token for the actor. The secret is returned this
// once; only its hash is kept.
func (s *Service) CreateToken(ctx context.Context, actor Actor, name string) (Token, secret.Text, error) {
	if err := actor.Need(ManageTokens); err != nil {
		return Token{}, "", err
	}
	var c fault.Check
	c.Need("name", name)
	c.MaxLen("name", name, 100)
	if err := c.Err(); err != nil {
		return Token{}, "", err
	}
	text := secret.NewToken(tokenPrefix)
	var t Token
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		id, err := insertToken(ctx, tx, actor.UserID, name, secret.Hash(text))
		if err != nil {
			return err
		}
		t, err = tokenByID(ctx, tx, actor.UserID, id)
		return err
	})
	return t, text, err
}

// Tokens lists the actor's tokens, newest first.
func (s *Service) Tokens(ctx context.Context, actor Actor) ([]Token, error) {
	if err := actor.Need(ManageTokens); err != nil {
		return nil, err
	}
	var all []Token
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		all, err = tokensOf(ctx, tx, actor.UserID)
		return err
	})
	return all, err
}

// RevokeToken ends one of the actor's tokens at once.
func (s *Service) RevokeToken(ctx context.Context, actor Actor, id int64) error {
	return s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		if _, err := tokenByID(ctx, tx, actor.UserID, id); err != nil {
			return err
		}
		return revokeToken(ctx, tx, id)
	})
}

// tokenUseResolution bounds how often last_used_at is written.
const tokenUseResolution = time.Hour

// Authenticate returns the actor of an API token, of whichever marketplace;
// Unauthenticated when the token is unknown or revoked.
func (s *Service) Authenticate(ctx context.Context, token secret.Text) (Actor, error) {
	var actor Actor
	var row tokenRow
	err := s.db.View(ctx, store.Platform, func(tx *store.Tx) (err error) {
		row, err = tokenByHash(ctx, tx, secret.Hash(token), s.db.Clock().Now())
		if err != nil {
			return err
		}
		actor = row.actor()
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return Actor{}, fault.New(fault.Unauthenticated, "This API token is unknown, over or was revoked.")
	}
	if err != nil || (row.LastUsedAt != nil && s.db.Clock().Now().Sub(*row.LastUsedAt) < tokenUseResolution) {
		return actor, err
	}
	return actor, s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return touchToken(ctx, tx, row.TokenID, s.db.Clock().Now())
	})
}
