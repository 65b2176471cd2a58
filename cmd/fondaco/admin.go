package main

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/internal/config"
)

type adminCmd struct {
	Create adminCreateCmd `cmd:"" help:"Make a marketplace with its operator and print an API token."`
}

type adminCreateCmd struct {
	configFlag
	config.Store    `embed:""`
	Email           string `required:"" placeholder:"ADDRESS" help:"The operator's e-mail address, for signing in."`
	Name            string `required:"" placeholder:"NAME" help:"The operator's name."`
	PasswordStdin   bool   `help:"Read the password (at least 10 characters) from standard input. Without it one is made and printed."`
	MarketplaceName string `required:"" placeholder:"NAME" help:"Name of the marketplace, as visitors see it."`
	Host            string `required:"" placeholder:"HOST" help:"Host name it answers on, without port; * for every host that no other marketplace has."`
	Currency        string `required:"" placeholder:"CODE" help:"Its currency, such as EUR."`
	Sandbox         bool   `help:"A marketplace to try things in: its clock can be advanced, and products may be on this machine."`

	AllowPrivateTargets bool `help:"Let webhooks and vendors' addresses lead into the private network, in a marketplace for a company's own use."`

	overdueFlags `embed:""`
}

// Help is the long help of `fondaco admin create --help`.
func (adminCreateCmd) Help() string {
	return `Run it once, on any machine that reaches the database:

  fondaco admin create --config fondaco.toml --email ada@example.com --name "Ada Rossi" --password-stdin \
    --marketplace-name "Rialto" --host market.example.com --currency EUR < password.txt

A subscription whose invoice is unpaid is stopped, and later ended; an order that is never paid is given up. --help lists the days; the operator may change them at any time.

The token is shown this once. It does everything that the operator may, so keep it like a password.`
}

// Run creates everything and prints the token.
func (c *adminCreateCmd) Run(ctx context.Context, std streams) error {
	password, made := secret.NewToken("").Reveal(), true
	if c.PasswordStdin {
		var err error
		if password, err = readPassword(std.in); err != nil {
			return err
		}
		made = false
	}
	if err := c.validate(password); err != nil {
		return err
	}
	return withDatabase(ctx, c.Store, func(db *store.DB) error {
		m, token, err := c.create(ctx, account.New(db), password)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "Marketplace %d, %s, answers on host %s.\n", m.ID, m.Name, m.Host)
		fmt.Fprintf(std.out, "Operator: %s\n", c.Email)
		if made {
			fmt.Fprintf(std.out, "Password: %s\n", password)
		}
		_, err = fmt.Fprintf(std.out, "API token: %s\n", token.Reveal())
		return err
	})
}

func (c *adminCreateCmd) marketplace() account.MarketplaceInput {
	return account.MarketplaceInput{Name: c.MarketplaceName, Host: c.Host, Currency: c.Currency, Sandbox: c.Sandbox, SupportEmail: c.Email,
		AllowPrivateTargets: c.AllowPrivateTargets, Overdue: c.overdue()}
}

func (c *adminCreateCmd) organization() account.OrganizationInput {
	return account.OrganizationInput{Kind: account.Operator, Name: c.MarketplaceName, Email: c.Email}
}

func (c *adminCreateCmd) user(organization int64, password string) account.UserInput {
	return account.UserInput{OrganizationID: organization, Email: c.Email, Name: c.Name, Password: password, Role: account.Admin}
}

// validate reports every wrong flag before anything is made.
func (c *adminCreateCmd) validate(password string) error {
	flags := map[string]string{"name": "--marketplace-name", "host": "--host", "currency": "--currency", "email": "--email", "password": "--password-stdin",
		"overdue.stopDays": "--overdue-stop-days", "overdue.endDays": "--overdue-end-days", "overdue.firstPaymentDays": "--first-payment-days"}
	var check fault.Check
	seen := map[string]bool{}
	note := func(err error, flags map[string]string) {
		if err == nil {
			return
		}
		for _, f := range fault.As(err).Fields {
			if flag := flags[f.Name]; !seen[flag] {
				seen[flag] = true
				check.Add(flag, f.Message)
			}
		}
	}
	note(c.marketplace().Validate(), flags)
	note(c.organization().Validate(), flags)
	flags["name"] = "--name"
	note(c.user(0, password).Validate(), flags)
	return check.Err()
}

func (c *adminCreateCmd) create(ctx context.Context, accounts *account.Service, password string) (account.Marketplace, secret.Text, error) {
	actor, token, err := accounts.Found(ctx, account.FoundInput{Marketplace: c.marketplace(), Operator: c.organization(),
		Person: c.user(0, password), TokenName: "fondaco admin create"})
	if fault.Is(err, fault.Conflict) {
		return account.Marketplace{}, "", fault.Newf(fault.Conflict, "There is already a marketplace on host %s. Nothing was changed.", c.Host)
	}
	if err != nil {
		return account.Marketplace{}, "", err
	}
	m, err := accounts.Marketplace(ctx, actor.MarketplaceID)
	return m, token, err
}
