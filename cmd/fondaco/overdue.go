package main

import "github.com/fondaco/fondaco/core/account"

// overdueFlags say what unpaid invoices come to in a new marketplace.
type overdueFlags struct {
	OverdueStopDays  int  `default:"2" placeholder:"DAYS" help:"Days after its invoice was due until a subscription is stopped (default: ${default})."`
	NoOverdueStop    bool `help:"Stop none, and so end none."`
	OverdueEndDays   int  `default:"3" placeholder:"DAYS" help:"Days after that until it ends (default: ${default})."`
	NoOverdueEnd     bool `help:"End none."`
	FirstPaymentDays int  `default:"14" placeholder:"DAYS" help:"Days after its first invoice was due until an order that was never paid is given up (default: ${default})."`
	NoFirstPayment   bool `help:"Give none up."`
}

// overdue returns the rules; what has its --no-... flag is left out. What is
// not stopped cannot end.
func (f overdueFlags) overdue() account.Overdue {
	var o account.Overdue
	if !f.NoOverdueStop {
		o.StopDays = &f.OverdueStopDays
	}
	if !f.NoOverdueStop && !f.NoOverdueEnd {
		o.EndDays = &f.OverdueEndDays
	}
	if !f.NoFirstPayment {
		o.FirstPaymentDays = &f.FirstPaymentDays
	}
	return o
}
