package main

import (
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/account"
)

func TestAdminCreate_unpaidInvoicesComeToSomethingUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		want account.Overdue
	}{
		{"by default", nil, account.Overdue{StopDays: new(2), EndDays: new(3), FirstPaymentDays: new(14)}},
		{"other days", []string{"--overdue-stop-days=0", "--overdue-end-days=30", "--first-payment-days=7"},
			account.Overdue{StopDays: new(0), EndDays: new(30), FirstPaymentDays: new(7)}},
		{"nothing is stopped, so nothing ends", []string{"--no-overdue-stop"}, account.Overdue{FirstPaymentDays: new(14)}},
		{"nothing ends", []string{"--no-overdue-end"}, account.Overdue{StopDays: new(2), FirstPaymentDays: new(14)}},
		{"nothing is given up", []string{"--no-first-payment"}, account.Overdue{StopDays: new(2), EndDays: new(3)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var flags overdueFlags
			parser, err := kong.New(&flags)
			require.NoError(t, err)
			_, err = parser.Parse(tt.args)
			require.NoError(t, err)
			require.Equal(t, tt.want, flags.overdue())
		})
	}
}
