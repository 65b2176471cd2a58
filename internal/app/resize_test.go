package app_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

func TestResize_moreIsBilledForTheRestOfThePeriodAtOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		b.halfway(sub)
		q, err := b.Subscriptions.QuoteResize(b.ctx, b.customer, sub.ID, json.RawMessage(`{"cores":8}`))
		require.NoError(t, err)
		require.Equal(t, "10.00 EUR", q.Totals.Total.String(), "4 more at 5.00, for half of the period")
		require.Nil(t, q.Next)

		sub, err = b.resize(sub.ID, `{"cores":8}`)
		require.NoError(t, err)
		require.JSONEq(t, `{"cores":8,"memoryGb":4}`, sub.Parameters)
		require.Nil(t, sub.NextParameters)
		require.Equal(t, []string{"upgrade 10.00"}, amounts(b.bills(sub.ID)[1]))
		b.idle()
		require.Equal(t, []string{`{"cores":4,"memoryGb":4}`, `{"cores":8,"memoryGb":4}`}, b.cloud.parameters())
		last := b.cloud.questions()[len(b.cloud.questions())-1]
		require.JSONEq(t, `{"cores":4,"memoryGb":4}`, string(last.Current.Parameters), "the plugin knows what exists")
		require.NotEmpty(t, last.Current.Resources)

		b.advance(*sub.PeriodEnd)
		require.Equal(t, []string{"recurring 10.00", "resource 40.00", "resource 3.00"}, amounts(b.bills(sub.ID)[2]))
	})
}

func TestResize_lessWaitsForTheNextPeriod(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		b.halfway(sub)
		sub, err := b.resize(sub.ID, `{"cores":2}`)
		require.NoError(t, err)
		require.JSONEq(t, `{"cores":4,"memoryGb":4}`, sub.Parameters, "it is paid for")
		require.JSONEq(t, `{"cores":2,"memoryGb":4}`, *sub.NextParameters)
		require.Len(t, b.bills(sub.ID), 1)
		require.Len(t, b.cloud.parameters(), 1)

		b.advance(*sub.PeriodEnd)
		b.idle()
		sub = b.sub(sub.ID)
		require.JSONEq(t, `{"cores":2,"memoryGb":4}`, sub.Parameters)
		require.Nil(t, sub.NextParameters)
		require.Equal(t, []string{"recurring 10.00", "resource 10.00", "resource 3.00"}, amounts(b.bills(sub.ID)[1]))
		require.JSONEq(t, `{"cores":2,"memoryGb":4}`, b.cloud.parameters()[1])
	})
}

func TestResize_growsNowAndShrinksLaterWhenBothAreChosen(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		sub, err := b.resize(sub.ID, `{"cores":2,"memoryGb":8}`)
		require.NoError(t, err)
		require.JSONEq(t, `{"cores":4,"memoryGb":8}`, sub.Parameters)
		require.JSONEq(t, `{"cores":2,"memoryGb":8}`, *sub.NextParameters)
		require.Equal(t, []string{"upgrade 6.00"}, amounts(b.bills(sub.ID)[1]), "4 GB at 1.50, the whole period in started hours")

		sub, err = b.resize(sub.ID, `{"cores":6}`)
		require.NoError(t, err, "what waited is chosen anew")
		require.JSONEq(t, `{"cores":6,"memoryGb":8}`, sub.Parameters)
		require.Nil(t, sub.NextParameters)
		_, err = b.resize(sub.ID, `{"cores":6}`)
		require.Contains(t, wrong(err)["parameters"], "already")
	})
}

func TestResize_isRefusedByThePluginWithItsWordsAndByThePlansBounds(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		b.cloud.set(func(c *smallCloud) { c.inUse = 3 })
		_, err := b.resize(sub.ID, `{"cores":2}`)
		require.Equal(t, map[string]string{"parameters.cores": "3 cores are in use; delete servers first."}, wrong(err))
		_, err = b.resize(sub.ID, `{"cores":17}`)
		require.Equal(t, map[string]string{"parameters.cores": "At most 16."}, wrong(err))
		_, err = b.Subscriptions.QuoteResize(b.ctx, b.customer, sub.ID, json.RawMessage(`{"cores":2}`))
		require.Contains(t, wrong(err), "parameters.cores", "the quote refuses the same")
		_, err = b.Subscriptions.Resize(b.ctx, b.vendor, sub.ID, json.RawMessage(`{"cores":8}`))
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		stranger := b.customer
		stranger.OrganizationID = 9999
		_, err = b.Subscriptions.Resize(b.ctx, stranger, sub.ID, json.RawMessage(`{"cores":8}`))
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		require.Equal(t, sub, b.sub(sub.ID), "nothing has changed")
	})
}

func TestResize_inATrialCostsNothingUntilTheFirstPeriod(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		in := prepaid()
		in.Name, in.Terms.TrialDays = "Trial", 14
		sub := b.buyWith(b.sell(in).ID, `{"cores":4}`)
		sub, err := b.resize(sub.ID, `{"cores":8,"memoryGb":2}`)
		require.NoError(t, err)
		require.Empty(t, b.bills(sub.ID))
		require.JSONEq(t, `{"cores":8,"memoryGb":4}`, sub.Parameters)
		b.advance(*sub.TrialEndsAt)
		require.Equal(t, []string{"setup 3.00", "recurring 10.00", "resource 40.00"}, amounts(b.bills(sub.ID)[0]), "2 GB are included")
	})
}

func TestResize_ofWhatIsPaidInArrearsWaits(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		in := prepaid()
		in.Name, in.Terms.Timing = "Arrears", price.Postpaid
		sub := b.buyWith(b.sell(in).ID, `{"cores":4}`)
		sub, err := b.resize(sub.ID, `{"cores":8}`)
		require.NoError(t, err)
		require.JSONEq(t, `{"cores":4,"memoryGb":4}`, sub.Parameters)
		b.advance(*sub.PeriodEnd)
		require.Equal(t, []string{"setup 3.00", "recurring 10.00", "resource 20.00", "resource 3.00"}, amounts(b.bills(sub.ID)[0]), "the period as it was")
		b.advance(*b.sub(sub.ID).PeriodEnd)
		require.Equal(t, []string{"recurring 10.00", "resource 40.00", "resource 3.00"}, amounts(b.bills(sub.ID)[1]))
	})
}

// dearer costs 20.00 and 6.00 for each core, and sells no memory.
func dearer() catalog.PlanInput {
	in := prepaid()
	in.Name, in.Terms.RecurringPrice = "Dearer", dec("20.00")
	in.Resources = in.Resources[:1]
	in.Resources[0].UnitPrice = dec("6.00")
	return in
}

func TestChangePlan_takesTheQuantitiesAlongAndPricesThem(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		dear := b.sell(dearer())
		sub := b.buyWith(b.plan.ID, `{"cores":4,"label":"web"}`)
		sub, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, dear.ID)
		require.NoError(t, err)
		require.JSONEq(t, `{"cores":4,"label":"web"}`, sub.Parameters, "what the plan does not sell is left out")
		line := b.bills(sub.ID)[1].Lines[0]
		require.Equal(t, "11.00", line.Amount.Trim(2).String(), "44.00 instead of 33.00")
		require.Equal(t, []string{"Prepaid: 10.00 + 4 × 5.00 + 2 × 1.50 = 33.00", "Dearer: 20.00 + 4 × 6.00 = 44.00"}, line.Explanation.Notes[:2])

		sub, err = b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, b.plan.ID)
		require.NoError(t, err)
		require.Equal(t, "Dearer", sub.Plan, "cheaper waits")
		require.JSONEq(t, `{"cores":4,"memoryGb":4,"label":"web"}`, *sub.NextParameters)
		sub, err = b.resize(sub.ID, `{"memoryGb":6}`)
		require.NoError(t, err, "of the plan that comes")
		b.advance(*sub.PeriodEnd)
		sub = b.sub(sub.ID)
		require.Equal(t, "Prepaid", sub.Plan)
		require.JSONEq(t, `{"cores":4,"memoryGb":6,"label":"web"}`, sub.Parameters)
		require.Equal(t, []string{"recurring 10.00", "resource 20.00", "resource 6.00"}, amounts(b.bills(sub.ID)[2]))
	})
}

func TestChangePlan_isRefusedWithTheReasonUnderPlanId(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		small := dearer()
		small.Name, small.Resources[0].Max = "Narrow", 2
		_, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, b.sell(small).ID)
		require.Equal(t, map[string]string{"planId": "CPU cores: At most 2."}, wrong(err))

		other := metered() // billed in the same rhythm, but of the other sort
		other.Terms.Timing = price.Prepaid
		id := b.sell(other).ID
		b.cloud.set(func(c *smallCloud) { c.inUse = 0 })
		for _, refuse := range []func() error{
			func() error { _, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, id); return err },
			func() error { _, err := b.Subscriptions.QuoteChange(b.ctx, b.customer, sub.ID, id); return err },
		} {
			require.Equal(t, map[string]string{"planId": "A prepaid tenant cannot become a metered one: its quotas are paid already."}, wrong(refuse()))
		}
		require.Equal(t, sub, b.sub(sub.ID))
	})
}

func TestRenewal_addsWhatANewerRevisionSells(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.plan.ID, `{"cores":16}`)
		in := prepaid()
		in.Resources[0].Max, in.Resources[0].UnitPrice = 8, dec("4.00")
		_, err := b.Catalog.RevisePlan(b.ctx, b.vendor, b.plan.ID, in)
		require.NoError(t, err)
		b.advance(*sub.PeriodEnd)
		require.Equal(t, []string{"recurring 10.00", "resource 64.00", "resource 3.00"}, amounts(b.bills(sub.ID)[1]), "what was sold stays, at the new price")
		sub, err = b.resize(sub.ID, `{"cores":8}`)
		require.NoError(t, err, "down to what is sold now")
		require.NotNil(t, sub.NextParameters)
	})
}

func TestResize_withAPlanThatWaitsGrowsNothingThatWasNotChosen(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		small := dearer()
		small.Name, small.Terms.RecurringPrice, small.Resources[0].UnitPrice = "Cores only", dec("1.00"), dec("1.00")
		sub := b.buyWith(b.plan.ID, `{"cores":4,"memoryGb":2}`)
		sub, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, b.sell(small).ID)
		require.NoError(t, err)
		require.NotNil(t, sub.NextRevisionID)
		sub, err = b.resize(sub.ID, `{"cores":5}`)
		require.NoError(t, err)
		require.JSONEq(t, `{"cores":5,"memoryGb":2}`, sub.Parameters, "memory stays until the plan changes")
		require.JSONEq(t, `{"cores":5}`, *sub.NextParameters)
		require.Equal(t, []string{"upgrade 5.00"}, amounts(b.bills(sub.ID)[1]))
	})
}

func TestRenewal_ofAPlanThatMeasuresNothingWaitsForNoUsage(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		b.cloud.set(func(c *smallCloud) { c.metering = sdk.Permanent("No metering today.") })
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		b.advance(sub.PeriodEnd.Add(time.Minute))
		require.Len(t, b.bills(sub.ID), 2)
		_, err := b.resize(sub.ID, `{"cores":8}`)
		require.NoError(t, err)
	})
}
