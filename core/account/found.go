package account

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// FoundInput is a new marketplace with its operator's first administrator.
// Operator.Kind, Person.OrganizationID and Person.Role are filled in.
type FoundInput struct {
	Marketplace MarketplaceInput
	Operator    OrganizationInput
	Person      UserInput
	TokenName   string
}

// Found makes a marketplace, its operator, the operator's first administrator
// and an API token of theirs, or nothing at all. A host that is taken is a
// Conflict. The token is shown this once.
func (s *Service) Found(ctx context.Context, in FoundInput) (Actor, secret.Text, error) {
	in.Operator.Kind, in.Person.Role, in.Person.Email = Operator, Admin, normalEmail(in.Person.Email)
	var c fault.Check
	c.Merge("marketplace", in.Marketplace.Validate())
	c.Merge("operator", in.Operator.Validate())
	c.Merge("", in.Person.Validate())
	if err := c.Err(); err != nil {
		return Actor{}, "", err
	}
	hash, err := s.hash(in.Person.Password)
	if err != nil {
		return Actor{}, "", err
	}
	text := secret.NewToken(tokenPrefix)
	var actor Actor
	err = s.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		id, err := insertMarketplace(ctx, tx, in.Marketplace)
		if err != nil {
			return err
		}
		actor, err = found(ctx, tx.Within(id), in, hash, secret.Hash(text))
		return err
	})
	return actor, text, err
}

func found(ctx context.Context, tx *store.Tx, in FoundInput, passwordHash, tokenHash string) (Actor, error) {
	o, err := createOrganization(ctx, tx, in.Operator)
	if err != nil {
		return Actor{}, err
	}
	in.Person.OrganizationID = o.ID
	u, err := createUser(ctx, tx, in.Person, passwordHash)
	if err != nil {
		return Actor{}, err
	}
	if _, err := insertToken(ctx, tx, u.ID, in.TokenName, tokenHash); err != nil {
		return Actor{}, err
	}
	return actorByID(ctx, tx, u.ID)
}
