package app_test

import (
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// given is a subscription that is set up, with everything a vendor can give.
func (b *vendorBundle) given() subscription.Subscription {
	b.t.Helper()
	sub := b.active()
	require.NoError(b.t, b.Fulfilment.SetEndpoints(b.ctx, b.vendor, sub.ID, []fulfilment.EndpointInput{
		{URL: "https://acme.gondola.test"}, {URL: "https://acme.gondola.test/help", Category: fulfilment.Documentation, Description: "How to row"}}))
	require.NoError(b.t, b.Fulfilment.SetInstructions(b.ctx, b.vendor, sub.ID, map[string]string{"en": "Step in.", "it": "Entra."}))
	require.NoError(b.t, b.Fulfilment.SetCredentials(b.ctx, b.vendor, sub.ID, []fulfilment.CredentialInput{
		{Key: "password", Value: "r3mo", Description: fulfilment.Text{"en": "Boat key", "it": "Chiave"}, Weight: 2}, {Key: "user", Value: "acme", Weight: 1}, {Key: "empty"}}))
	return b.sub(sub.ID)
}

func (b *vendorBundle) access(who account.Actor, id int64) fulfilment.Access {
	b.t.Helper()
	a, err := b.Fulfilment.Access(b.ctx, who, id)
	require.NoError(b.t, err)
	return a
}

// values are the credentials by name.
func values(a fulfilment.Access) map[string]secret.Text {
	out := map[string]secret.Text{}
	for _, c := range a.Credentials {
		out[c.Name] = c.Value
	}
	return out
}

func TestAccess_givesTheCustomerEverythingAndTheVendorNoValue(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.given()
		a := b.access(b.customer, sub.ID)
		require.Equal(b.t, fulfilment.App, a.Endpoints[0].Category, "unless told")
		require.Equal(b.t, "How to row", a.Endpoints[1].Description)
		require.Equal(b.t, "Entra.", a.Instructions.In("it-IT"))
		require.Equal(b.t, "Step in.", a.Instructions.In("de"))
		require.Equal(b.t, []string{"empty", "user", "Chiave"}, []string{a.Credentials[0].Title("it"), a.Credentials[1].Title("it"), a.Credentials[2].Title("it")})
		require.Equal(b.t, map[string]secret.Text{"user": "acme", "password": "r3mo", "empty": ""}, values(a))

		for _, who := range []account.Actor{b.vendor} {
			require.Equal(b.t, map[string]secret.Text{"user": "", "password": "", "empty": ""}, values(b.access(who, sub.ID)))
			_, err := b.Fulfilment.Credentials(b.ctx, who, sub.ID)
			require.True(b.t, fault.Is(err, fault.Forbidden), "%v", err)
		}
		_, err := b.Fulfilment.Access(b.ctx, b.other, sub.ID)
		require.True(b.t, fault.Is(err, fault.NotFound), "%v", err)
	})
}

func TestAccess_keepsWhoLooked(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.given()
		_, err := b.Fulfilment.Masked(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.access(b.vendor, sub.ID)
		require.Empty(b.t, b.trail("credential.reveal"))
		b.access(b.customer, sub.ID)
		require.Equal(b.t, []string{b.customer.Audit().Name}, b.trail("credential.reveal"))
	})
}

// trail is who did something, newest first.
func (b *testBundle) trail(action string) (who []string) {
	b.t.Helper()
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) error {
		return tx.Select(b.ctx, &who, `SELECT actor FROM audit_entry WHERE marketplace_id = ? AND action = ? ORDER BY id DESC`, b.market.ID, action)
	}))
	return who
}

func TestAccess_isNowhereInClear(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		b.given()
		require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) error {
			var sealed [][]byte
			if err := tx.Select(b.ctx, &sealed, `SELECT value_sealed FROM fulfilment_credential WHERE marketplace_id = ? AND value_sealed IS NOT NULL`, b.market.ID); err != nil {
				return err
			}
			require.Len(b.t, sealed, 2)
			for _, s := range sealed {
				require.NotContains(b.t, string(s), "r3mo")
			}
			var trail []audit.Record
			if err := tx.Select(b.ctx, &trail, `SELECT id, happened_at, actor, action, entity, entity_id, before, after FROM audit_entry WHERE marketplace_id = ?`, b.market.ID); err != nil {
				return err
			}
			for _, r := range trail {
				require.NotContains(b.t, r.Before+r.After, "r3mo")
			}
			return nil
		}))
	})
}

func TestAccess_isReplacedAsAWholeAndTellsNoConnector(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.given()
		before := b.heard(sub.ID)
		require.NoError(b.t, b.Fulfilment.SetCredentials(b.ctx, b.vendor, sub.ID, []fulfilment.CredentialInput{{Key: "token", Value: "n3w"}}))
		require.NoError(b.t, b.Fulfilment.SetInstructions(b.ctx, b.vendor, sub.ID, map[string]string{"en": "Swim."}))
		require.NoError(b.t, b.Fulfilment.SetEndpoints(b.ctx, b.vendor, sub.ID, nil))
		a := b.access(b.customer, sub.ID)
		require.Equal(b.t, map[string]secret.Text{"token": "n3w"}, values(a))
		require.Equal(b.t, fulfilment.Text{"en": "Swim."}, a.Instructions)
		require.Empty(b.t, a.Endpoints)
		require.Equal(b.t, before, b.heard(sub.ID))
		require.Equal(b.t, sub.Version+3, b.sub(sub.ID).Version, "whoever reads it sees that it changed")
	})
}

func TestAccess_goesWithTheSubscription(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.given()
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		a := b.access(b.customer, sub.ID)
		require.Empty(b.t, a.Endpoints)
		require.Empty(b.t, a.Instructions)
		require.Empty(b.t, a.Credentials)
		err = b.Fulfilment.SetCredentials(b.ctx, b.vendor, sub.ID, []fulfilment.CredentialInput{{Key: "late", Value: "x"}})
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestAccess_refusesWhatCannotBeShown(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		endpoints := func(who account.Actor, ins ...fulfilment.EndpointInput) error {
			return b.Fulfilment.SetEndpoints(b.ctx, who, sub.ID, ins)
		}
		require.True(b.t, fault.Is(endpoints(b.other, fulfilment.EndpointInput{URL: "https://x.test"}), fault.NotFound))
		require.True(b.t, fault.Is(endpoints(b.customer, fulfilment.EndpointInput{URL: "https://x.test"}), fault.Forbidden))
		require.NoError(b.t, endpoints(b.vendor, fulfilment.EndpointInput{URL: "http://x.test"}), "in a sandbox")
		require.Equal(b.t, map[string]string{"endpoints[0].url": "Give a full address that begins with https://.",
			"endpoints[1].url": "This is required.", "endpoints[1].category": "Use APP, PASSWORD_RESET, DOCUMENTATION or VIDEO.",
			"endpoints": "One of the addresses has the category APP: where the product is used."},
			wrong(endpoints(b.vendor, fulfilment.EndpointInput{URL: "javascript:alert(1)", Category: fulfilment.Video}, fulfilment.EndpointInput{Category: "SHOP"})))
		require.Contains(b.t, wrong(endpoints(b.vendor, fulfilment.EndpointInput{URL: "https://x.test/" + strings.Repeat("a", 2000)})), "endpoints[0].url")

		err := b.Fulfilment.SetCredentials(b.ctx, b.vendor, sub.ID, []fulfilment.CredentialInput{{Key: strings.Repeat("k", 126)}, {Key: "a"}, {Key: "a"},
			{Key: "b", Description: fulfilment.Text{"English": "x"}}})
		require.ElementsMatch(b.t, []string{"credentials[0].key", "credentials[2].key", "credentials[3].description"}, keysOf(wrong(err)))
		err = b.Fulfilment.SetInstructions(b.ctx, b.vendor, sub.ID, map[string]string{"*": "x"})
		require.Contains(b.t, wrong(err), "instructions")

		require.NoError(b.t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(b.ctx, `UPDATE marketplace SET sandbox = FALSE WHERE id = ?`, b.market.ID)
			return err
		}))
		require.Contains(b.t, wrong(endpoints(b.vendor, fulfilment.EndpointInput{URL: "http://x.test"})), "endpoints[0].url")
	})
}

func keysOf(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

func TestAccess_readsWhatAPluginMadeInTheSameWay(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		masked, err := b.Fulfilment.Masked(b.ctx, b.vendor, sub.ID)
		require.NoError(t, err)
		require.NotEmpty(t, masked.Endpoints)
		require.NotEmpty(t, masked.Endpoints[0].Identifier)
		a, err := b.Fulfilment.Access(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		require.Equal(t, masked.Endpoints, a.Endpoints)
		require.NotEmpty(t, a.Credentials[0].Value)
		err = b.Fulfilment.Report(b.ctx, b.vendor, sub.ID, fulfilment.Report{Status: fulfilment.Undeployed})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestName_ofTheCustomerGoesBeforeTheVendors(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		before := b.heard(sub.ID)
		name := func(who account.Actor, name string) string {
			b.t.Helper()
			sub, err := b.Subscriptions.SetName(b.ctx, who, sub.ID, name)
			require.NoError(b.t, err)
			return sub.Name
		}
		require.Equal(b.t, "acme-17", name(b.vendor, "acme-17"))
		require.Equal(b.t, "Staging", name(b.customer, " Staging "))
		require.Equal(b.t, "Staging", name(b.vendor, "acme-17"), "accepted, and without effect")
		require.Equal(b.t, "", name(b.customer, ""))
		require.Equal(b.t, "acme-18", name(b.vendor, "acme-18"))
		_, err := b.Subscriptions.SetName(b.ctx, b.customer, sub.ID, strings.Repeat("n", 256))
		require.Contains(b.t, wrong(err), "name")
		_, err = b.Subscriptions.SetName(b.ctx, b.other, sub.ID, "mine")
		require.True(b.t, fault.Is(err, fault.NotFound), "%v", err)
		require.Equal(b.t, before, b.heard(sub.ID))
	})
}

func TestMetadata_isMergedByItsVendorAndReadByItsParties(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		_, err := b.Subscriptions.PutMetadata(b.ctx, b.vendor, sub.ID, subscription.Metadata{"number": "A-17", "region": "north"})
		require.NoError(b.t, err)
		m, err := b.Subscriptions.PutMetadata(b.ctx, b.vendor, sub.ID, subscription.Metadata{"number": "A-18"})
		require.NoError(b.t, err)
		require.Equal(b.t, subscription.Metadata{"number": "A-18", "region": "north"}, m)
		for range 2 {
			require.NoError(b.t, b.Subscriptions.DeleteMetadata(b.ctx, b.vendor, sub.ID, "region"), "also when it is not there")
		}
		m, err = b.Subscriptions.Metadata(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.Equal(b.t, subscription.Metadata{"number": "A-18"}, m)

		put := func(who account.Actor, in subscription.Metadata) error {
			_, err := b.Subscriptions.PutMetadata(b.ctx, who, sub.ID, in)
			return err
		}
		require.True(b.t, fault.Is(put(b.customer, subscription.Metadata{"number": "B-1"}), fault.Forbidden), "its vendor relies on it")
		require.True(b.t, fault.Is(put(b.other, subscription.Metadata{"number": "B-1"}), fault.NotFound))
		require.Contains(b.t, wrong(put(b.vendor, subscription.Metadata{"a b": "x"})), "metadata")
		require.Contains(b.t, wrong(put(b.vendor, subscription.Metadata{"a": strings.Repeat("x", 2001)})), "metadata.a")
		many := subscription.Metadata{}
		for i := range 100 {
			many["n"+strings.Repeat("1", i%50)+string(rune('a'+i/50))] = "x"
		}
		require.Contains(b.t, wrong(put(b.vendor, many)), "metadata", "100 more than the one there")
	})
}
