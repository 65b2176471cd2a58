package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

type meView struct {
	User         userView         `json:"user"`
	Organization organizationView `json:"organization"`
	Marketplace  marketplaceView  `json:"marketplace"`
}

type userView struct {
	ID    int64        `json:"id" example:"3"`
	Name  string       `json:"name" example:"Ada Rossi"`
	Email string       `json:"email" example:"ada@example.com"`
	Role  account.Role `json:"role" enum:"admin,member"`
}

type organizationView struct {
	ID      int64        `json:"id" example:"2"`
	Name    string       `json:"name" example:"Lagoon Maps"`
	Kind    account.Kind `json:"kind" enum:"operator,vendor,customer,reseller"`
	Email   string       `json:"email"`
	Address string       `json:"address"`
	VATID   string       `json:"vatId"`
}

type marketplaceView struct {
	ID       int64  `json:"id" example:"1"`
	Name     string `json:"name" example:"Rialto"`
	Host     string `json:"host"`
	Sandbox  bool   `json:"sandbox" doc:"A sandbox has a clock that can be advanced, and moves no money."`
	Currency string `json:"currency" example:"EUR"`
}

func (s *server) meRoutes() {
	register(s, route{method: http.MethodGet, path: "/me", id: "getMe", tag: "Account", summary: "Who am I",
		description: "The person, organization and marketplace that the token belongs to."}, s.me)
}

func (s *server) me(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[meView], error) {
	o, err := s.Accounts.Organization(ctx, actor, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	m, err := s.Accounts.Marketplace(ctx, actor.MarketplaceID)
	if err != nil {
		return nil, err
	}
	return &reply[meView]{Body: meView{
		User:         userView{ID: actor.UserID, Name: actor.Name, Email: actor.Email, Role: actor.Role},
		Organization: organizationView{ID: o.ID, Name: o.Name, Kind: o.Kind, Email: o.Email, Address: o.Address, VATID: o.VATID},
		Marketplace:  marketplaceView{ID: m.ID, Name: m.Name, Host: m.Host, Sandbox: m.Sandbox, Currency: m.Currency},
	}}, nil
}

type tokenRequest struct {
	Name string `json:"name" doc:"What it is for." example:"CI"`
}

// TokenView is an API token without its secret.
type TokenView struct {
	ID         int64      `json:"id" example:"4"`
	Name       string     `json:"name" example:"CI"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt" doc:"To the hour."`
	RevokedAt  *time.Time `json:"revokedAt"`
}

type newTokenView struct {
	TokenView
	Token string `json:"token" doc:"The secret. It is shown this once." example:"fdk_…"`
}

func (s *server) tokenRoutes() {
	register(s, route{method: http.MethodGet, path: "/tokens", id: "listTokens", tag: "Account", summary: "List your API tokens"}, s.listTokens)
	register(s, route{method: http.MethodPost, path: "/tokens", id: "createToken", tag: "Account", summary: "Make an API token",
		description: "It may do what you may do. Its secret is in this answer only.", status: http.StatusCreated, example: `{"name":"CI"}`}, s.createToken)
	register(s, route{method: http.MethodDelete, path: "/tokens/{id}", id: "revokeToken", tag: "Account", summary: "Revoke an API token",
		description: "It stops working at once.", status: http.StatusNoContent}, s.revokeToken)
}

func viewToken(t account.Token) TokenView {
	return TokenView{ID: t.ID, Name: t.Name, CreatedAt: t.CreatedAt, LastUsedAt: t.LastUsedAt, RevokedAt: t.RevokedAt}
}

func (s *server) listTokens(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[list[TokenView]], error) {
	tokens, err := s.Accounts.Tokens(ctx, actor)
	return answer(tokens, err, func(t []account.Token) list[TokenView] { return all(t, viewToken) })
}

func (s *server) createToken(ctx context.Context, actor account.Actor, in *struct{ Body body[tokenRequest] }) (*reply[newTokenView], error) {
	name, err := read(&in.Body, func(r tokenRequest, _ *fault.Check) string { return r.Name })
	if err != nil {
		return nil, err
	}
	token, text, err := s.Accounts.CreateToken(ctx, actor, name)
	return answer(token, err, func(t account.Token) newTokenView { return newTokenView{viewToken(t), text.Reveal()} })
}

// ByID is the id in a path.
type ByID struct {
	ID int64 `path:"id" doc:"The number of the thing." example:"12"`
}

func (s *server) revokeToken(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, s.Accounts.RevokeToken(ctx, actor, in.ID)
}
