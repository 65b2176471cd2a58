package payment

import (
	"context"

	"github.com/fondaco/fondaco/pricing/money"
)

// Gateway charges cards. Charge with a key that was used before returns what
// came of it then and charges nothing again. An error of Charge means that the
// outcome is not known: Lookup tells it later. Neither puts a card number into
// an error.
type Gateway interface {
	Name() string // "sandbox", kept with each payment
	Charge(ctx context.Context, in ChargeInput) (Charge, error)
	// Lookup returns the charge of the key; found is false when the gateway
	// was never asked.
	Lookup(ctx context.Context, key string) (charge Charge, found bool, err error)
}

// ChargeInput asks for Amount from Card. Key identifies the payment.
type ChargeInput struct {
	Key    string
	Amount money.Money
	Card   Card
}

// ChargeStatus is the gateway's answer.
type ChargeStatus string

// The answers.
const (
	ChargeSucceeded        ChargeStatus = "succeeded"
	ChargeDeclined         ChargeStatus = "declined"
	AuthenticationRequired ChargeStatus = "authenticationRequired" // nothing was charged
)

// Charge is what the gateway did. Message says to the person why not.
type Charge struct {
	Reference string
	Status    ChargeStatus
	Message   string
}
