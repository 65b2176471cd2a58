package callback_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/syndication/callback"
	"github.com/stretchr/testify/require"
)

// local is a product that points at this machine.
func (b *bundle) local() catalog.ProductInput {
	return catalog.ProductInput{Name: "Local", SKU: "local", Type: catalog.Syndicated, Category: "c",
		Configuration: json.RawMessage(`{"orderValidationUrls":["` + b.there.URL + `"]}`)}
}

func (b *bundle) values(code string) (catalog.Values, error) {
	return b.Values(b.ctx, b.market.ID, callback.ValuesQuestion{Offer: b.offer, Code: code, BuyerID: 7, Parameters: b.fit(`{"site":"squero","region":"n"}`)})
}

func TestValues_asksWithTheOtherParametersAndKeepsTheOrder(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.there.says("/regions", answer(200, `{"values":[{"value":"s","description":"South"},{"value":"n"}]}`))
		v, err := b.values("region")
		require.NoError(t, err)
		require.Equal(t, catalog.Values{List: []catalog.Choice{{Value: "s", Description: "South"}, {Value: "n"}}}, v)
		asked := b.there.questions()
		require.Len(t, asked, 1)
		require.Equal(t, map[string]any{"productId": float64(b.offer.Product.ID), "productVersionId": float64(b.offer.Plan.ID), "productIdentifier": "hosting",
			"productVersionIdentifier": "quay", "configurationParameter": "region", "configurationParameters": map[string]any{"site": "squero"},
			"buyerId": 7.0, "language": "en"}, asked[0].body)
		_, err = b.values("nothing")
		require.Equal(t, fault.Invalid, fault.CodeOf(err))
	})
}

func TestValues_listNothingAndAnything(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		for text, want := range map[string]struct {
			any bool
			n   int
		}{`{"values":[{"value":"n"}]}`: {false, 1}, `{"values":[]}`: {false, 0}, `{"values":null}`: {true, 0}} {
			b.there.says("/regions", answer(200, text))
			v, err := b.values("region")
			require.NoError(t, err, text)
			require.Equal(t, want.any, v.Any, text)
			require.Len(t, v.List, want.n, text)
		}
		for _, wrong := range []string{``, `{}`, `[]`, `{"values":"n"}`, `{"values":[1]}`} {
			b.there.says("/regions", answer(200, wrong))
			_, err := b.values("region")
			require.Equal(t, fault.Unavailable, fault.CodeOf(err), wrong)
		}
		b.there.says("/regions", b.there.hangs)
		_, err := b.values("region")
		require.Equal(t, fault.Unavailable, fault.CodeOf(err))
		v, err := b.values("site")
		require.NoError(t, err)
		require.True(t, v.Any, "a parameter without a list")
	})
}

func TestValidateOrder_aValueMustStillBeListed(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		ask := func(before string) error {
			return b.ValidateOrder(b.ctx, b.market.ID, callback.OrderQuestion{Type: callback.Upgrade, Offer: b.offer, SubscriptionID: 1,
				Parameters: b.fit(`{"region":"n"}`), Before: json.RawMessage(before)})
		}
		for text, says := range map[string]string{`{"values":[{"value":"n"}]}`: "", `{"values":null}`: "",
			`{"values":[{"value":"s"}]}`: "can no longer be chosen", `{"values":[]}`: "Nothing can be chosen"} {
			b.there.says("/regions", answer(200, text))
			err := ask(`{}`)
			if says == "" {
				require.NoError(t, err, text)
				continue
			}
			require.Equal(t, fault.Invalid, fault.CodeOf(err), text)
			require.Equal(t, "parameters.region", fault.As(err).Fields[0].Name)
			require.Contains(t, fault.As(err).Fields[0].Message, says)
			require.NoError(t, ask(`{"region":"n"}`), "what was bought stays")
		}
	})
}
