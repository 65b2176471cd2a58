package payment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// Sandbox is a gateway that moves no money. It knows the usual test cards and
// refuses every other, so that nobody enters a real one. It remembers charges
// for as long as the process runs.
type Sandbox struct {
	mu      sync.Mutex
	charges map[string]sandboxCharge
}

type sandboxCharge struct {
	amount money.Money
	charge Charge
}

var _ Gateway = (*Sandbox)(nil)

// NewSandbox returns a sandbox gateway.
func NewSandbox() *Sandbox { return &Sandbox{charges: map[string]sandboxCharge{}} }

// sandboxName is how its payments are marked; they move no money.
const sandboxName = "sandbox"

// Name returns "sandbox".
func (g *Sandbox) Name() string { return sandboxName }

// Charge answers as the test card says. The same key gives the same answer;
// with another amount it is a Conflict.
func (g *Sandbox) Charge(_ context.Context, in ChargeInput) (Charge, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known, found := g.charges[in.Key]; found {
		if c, err := known.amount.Cmp(in.Amount); err != nil || c != 0 {
			return Charge{}, fault.New(fault.Conflict, "This payment was begun with another amount.").With("key", in.Key)
		}
		return known.charge, nil
	}
	charge := answer(in.Card.Number.Reveal())
	charge.Reference = reference(in.Key)
	g.charges[in.Key] = sandboxCharge{in.Amount, charge}
	return charge, nil
}

// Lookup returns the charge of the key.
func (g *Sandbox) Lookup(_ context.Context, key string) (Charge, bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known, found := g.charges[key]
	return known.charge, found, nil
}

// answer is what the test card stands for.
func answer(number string) Charge {
	switch number {
	case "4242424242424242":
		return Charge{Status: ChargeSucceeded}
	case "4000000000000002":
		return declined("The card was declined. Use another card.")
	case "4000000000009995":
		return declined("The card has insufficient funds. Use another card.")
	case "4000000000000069":
		return declined("The card has expired. Use another card.")
	case "4000000000000127":
		return declined("The card's security code (CVC) is wrong. Check it, or use another card.")
	case "4000002500003155", "4000002760003184", "4000000000003220":
		return Charge{Status: AuthenticationRequired,
			Message: "The card's bank asks for a confirmation by its holder (3-D Secure), which is not possible here yet. Use another card."}
	default:
		return declined("This is not a test card, and nothing was charged. This marketplace is a sandbox: never enter a real card; use 4242 4242 4242 4242.")
	}
}

func declined(message string) Charge { return Charge{Status: ChargeDeclined, Message: message} }

func reference(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "sandbox_" + hex.EncodeToString(sum[:12])
}
