package main

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/internal/config"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make an API token for a person and print it."`
}

type tokenCreateCmd struct {
	configFlag
	config.Store  `embed:""`
	Host          string `placeholder:"HOST" help:"The marketplace's host name. Not needed when there is one marketplace only."`
	Email         string `required:"" placeholder:"ADDRESS" help:"The person's e-mail address."`
	PasswordStdin bool   `required:"" help:"Read the person's password from standard input."`
	Name          string `required:"" placeholder:"NAME" help:"What the token is for; it is shown in the list of tokens."`
}

// Help is the long help of `fondaco token create --help`.
func (tokenCreateCmd) Help() string {
	return `  fondaco token create --config fondaco.toml --email ada@example.com --password-stdin --name "nightly export" < password.txt

The token alone goes to standard output, this once. Send it as the header "Authorization: Bearer TOKEN". It may do what the person may; people revoke their tokens in the portal.`
}

// Run signs the person in and prints a token.
func (c *tokenCreateCmd) Run(ctx context.Context, std streams) error {
	password, err := readPassword(std.in)
	if err != nil {
		return err
	}
	return withDatabase(ctx, c.Store, func(db *store.DB) error {
		accounts := account.New(db)
		m, err := marketplaceOn(ctx, accounts, c.Host)
		if err != nil {
			return err
		}
		actor, err := accounts.SignIn(ctx, m.ID, c.Email, password)
		if err != nil {
			return err
		}
		_, token, err := accounts.CreateToken(ctx, actor, c.Name)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, token.Reveal())
		return err
	})
}
