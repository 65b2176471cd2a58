package callback_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/syndication/callback"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

// order asks about an order with a site and a secret.
func (b *bundle) order() error {
	b.t.Helper()
	return b.ValidateOrder(b.ctx, b.market.ID, callback.OrderQuestion{Type: callback.NewOrder, Offer: b.offer, BuyerID: 7, Language: "it-IT",
		Parameters: b.fit(`{"site":"squero","pin":"v3nice","workers":3}`)})
}

func TestValidateOrder_asksEveryURLWhatTheContractSays(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		require.NotContains(t, string(b.fit(`{"pin":"v3nice"}`)), "v3nice", "it is kept sealed")
		require.NoError(t, b.order())
		asked := b.there.questions()
		require.Len(t, asked, 2)
		require.ElementsMatch(t, []string{"/first", "/second"}, []string{asked[0].path, asked[1].path})
		for _, q := range asked {
			require.Equal(t, map[string]any{"productId": float64(b.offer.Product.ID), "productVersionId": float64(b.offer.Plan.ID), "productIdentifier": "hosting",
				"productVersionIdentifier": "quay", "configurationParameters": map[string]any{"site": "squero", "pin": "v3nice", "workers": "3"},
				"billingItems": map[string]any{"seats": 2.0}, "buyerId": 7.0, "orderType": "NORMAL", "language": "it"}, q.body)
			require.NoError(t, sign.VerifyEvent(q.header, q.raw, "MY_SECRET_TOKEN"))
			require.NoError(t, sign.VerifyStandard(q.header, q.raw, time.Now(), "MY_SECRET_TOKEN"))
			require.True(t, strings.HasPrefix(q.header.Get("Content-Type"), "application/json"))
		}
	})
}

func TestValidateOrder_everyAnswerMeansWhatTheContractSays(t *testing.T) {
	huge := func(w http.ResponseWriter, _ *http.Request) {
		for range 2000 {
			if _, err := io.WriteString(w, strings.Repeat(" ", 1<<20)); err != nil {
				return
			}
		}
	}
	each(t, func(t *testing.T, b *bundle) {
		for name, c := range map[string]struct {
			answer http.HandlerFunc
			code   fault.Code
			says   string
		}{
			"204":               {answer(204, ""), "", ""},
			"no errors":         {answer(200, `{"errors":[],"other":1}`), "", ""},
			"an empty object":   {answer(200, `{}`), "", ""},
			"errors":            {answer(200, `{"errors":[{"message":"Troppo\nlungo."},{"message":"No."}]}`), fault.Invalid, "Troppo lungo. No."},
			"an error unsaid":   {answer(200, `{"errors":[{}]}`), fault.Invalid, "does not say why"},
			"500":               {answer(500, `{"errors":[{"message":"secret"}]}`), fault.Unavailable, "try again later"},
			"400":               {answer(400, `{"errors":[{"message":"secret"}]}`), fault.Unavailable, "try again later"},
			"a redirect":        {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, fault.Unavailable, "try again later"},
			"no JSON":           {answer(200, `<p>yes</p>`), fault.Unavailable, "try again later"},
			"nothing":           {answer(200, ``), fault.Unavailable, "try again later"},
			"more than is read": {huge, fault.Unavailable, "try again later"},
			"a hung server":     {b.there.hangs, fault.Unavailable, "try again later"},
		} {
			b.there.says("/second", c.answer)
			start := time.Now()
			err := b.order()
			require.Less(t, time.Since(start), 5*time.Second, name)
			require.Equal(t, c.code, fault.CodeOf(err), name)
			if err != nil {
				require.Contains(t, fault.As(err).Message, c.says, name)
				require.NotContains(t, fault.As(err).Message, "secret", name)
			}
			for _, q := range b.there.questions() {
				require.NotEqual(t, "/elsewhere", q.path, "redirects are not followed")
			}
		}
	})
}

func TestValidateOrder_aRefusalIsReadWhoeverElseIsSilent(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.there.says("/first", b.there.hangs)
		b.there.says("/second", answer(200, `{"errors":[{"message":"Full."}]}`))
		err := b.order()
		require.Equal(t, fault.Invalid, fault.CodeOf(err))
		require.Equal(t, []fault.Field{{Name: "planId", Message: "Full."}}, fault.As(err).Fields)
	})
}

func TestValidateOrder_anEndHasNoFieldsAndNoBuyer(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.there.says("/first", answer(200, `{"errors":[{"message":"Take your data first."}]}`))
		err := b.ValidateOrder(b.ctx, b.market.ID, callback.OrderQuestion{Type: callback.Termination, Offer: b.offer, SubscriptionID: 12,
			Parameters: b.fit(`{"region":"gone"}`)})
		require.Equal(t, fault.Invalid, fault.CodeOf(err))
		require.Equal(t, "Take your data first.", fault.As(err).Message)
		require.Empty(t, fault.As(err).Fields)
		asked := b.there.questions()
		require.Len(t, asked, 2, "nobody is asked what can be chosen")
		require.Equal(t, "TERMINATION", asked[0].body["orderType"])
		require.Equal(t, 12.0, asked[0].body["subscriptionId"])
		require.Equal(t, "en", asked[0].body["language"])
		require.NotContains(t, asked[0].body, "buyerId")
	})
}

func TestValidateOrder_callsPrivateAddressesWhereTheMarketplaceIsACompanysOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db, account.MarketplaceInput{AllowPrivateTargets: true})
		b.there.says("/first", answer(200, `{"errors":[{"message":"Full."}]}`))
		require.Equal(t, fault.Invalid, fault.CodeOf(b.order()))
		require.NotEmpty(t, b.there.questions())
	})
}

func TestValidateOrder_callsNoPrivateAddressOutsideASandbox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db, account.MarketplaceInput{})
		_, err := b.products.CreateProduct(b.ctx, b.vendor, b.local())
		require.Equal(t, fault.Invalid, fault.CodeOf(err), "it is not even taken")
		b.offer.Product.Configuration = strings.ReplaceAll(b.offer.Product.Configuration, "https://vendor.example.com", b.there.URL)
		require.Equal(t, fault.Unavailable, fault.CodeOf(b.order()), "and refused when it is called")
		require.Empty(t, b.there.questions())
	})
}
