package webhook_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

// endpointOf is the actor's newest endpoint.
func (s *shop) endpointOf(t *testing.T, actor account.Actor) webhook.Endpoint {
	t.Helper()
	all, err := s.webhook.Endpoints(t.Context(), actor, webhook.EndpointFilter{}, page.Request{})
	require.NoError(t, err)
	require.NotEmpty(t, all.Items)
	return all.Items[0]
}

func (s *shop) listen(t *testing.T, actor account.Actor, in webhook.EndpointInput) (webhook.Endpoint, string) {
	t.Helper()
	e, key, err := s.webhook.CreateEndpoint(t.Context(), actor, in)
	require.NoError(t, err)
	return e, key.Reveal()
}

func TestEndpoint_everybodyHearsOfWhatIsTheirsAndOnce(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		sinks := map[string]*receiver{}
		for _, name := range []string{"product", "platform", "vendor", "rival", "customer", "reseller"} {
			sinks[name] = newReceiver(t, nil)
		}
		_, sub := s.sell(t, "maps", sinks["product"].URL, theSecret)
		s.exec(t, `UPDATE subscription SET reseller_id = ? WHERE id = ?`, s.reseller.OrganizationID, sub)
		for name, actor := range map[string]account.Actor{"platform": s.operator, "vendor": s.vendor, "rival": s.rival, "customer": s.customer, "reseller": s.reseller} {
			s.listen(t, actor, webhook.EndpointInput{URL: sinks[name].URL})
		}
		s.listen(t, s.vendor, webhook.EndpointInput{URL: sinks["product"].URL}) // the same address again
		s.tell(t, sub, event.Created)
		require.NoError(t, s.db.InTx(t.Context(), s.market.ID, func(tx *store.Tx) error {
			for _, entity := range []string{event.Invoice, event.ProductVersion, event.Order} {
				in := event.Input{Entity: entity, EntityID: 3, Type: event.Modified, Topic: "test", Actor: s.vendor.Audit(), VendorID: s.vendor.OrganizationID}
				switch entity {
				case event.Invoice:
					in.SubscriptionID, in.CustomerID = sub, s.customer.OrganizationID
				case event.ProductVersion:
					in.Data = map[string]any{"metadata": map[string]bool{"published": true}}
				}
				if err := s.events.Append(t.Context(), tx, in); err != nil {
					return err
				}
			}
			return nil
		}))
		s.settled(t, 9)
		for name, want := range map[string][]string{
			"product": {"subscription/1"}, "vendor": {"subscription/1"}, "rival": nil,
			"customer": {"subscription/1", "invoice/3"}, "reseller": {"subscription/1", "invoice/3"},
			"platform": {"subscription/1", "invoice/3", "productVersion/3"},
		} {
			var heard []string
			for _, g := range sinks[name].requests() {
				var body struct {
					EntityURL string          `json:"entityUrl"`
					Metadata  map[string]bool `json:"metadata"`
				}
				require.NoError(t, json.Unmarshal([]byte(g.body), &body))
				heard = append(heard, body.EntityURL)
				require.Equal(t, body.EntityURL == "productVersion/3", body.Metadata["published"])
			}
			require.ElementsMatch(t, want, heard, name)
		}
	})
}

func TestEndpoint_nobodyOutsideHearsOfASubscriptionBeforeItsApproval(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.listen(t, s.operator, webhook.EndpointInput{URL: newReceiver(t, nil).URL})
		say := func(status string, kind event.Type) {
			s.exec(t, `UPDATE subscription SET status = ? WHERE id = ?`, status, sub)
			require.NoError(t, s.db.InTx(t.Context(), s.market.ID, func(tx *store.Tx) error {
				return s.events.Append(t.Context(), tx, event.Input{Entity: event.Subscription, EntityID: sub, Type: kind, Topic: "subscription." + status,
					SubscriptionID: sub, Data: map[string]string{"status": status}, Actor: s.vendor.Audit()})
			}))
		}
		say("requiresApproval", event.Created)
		say("rejected", event.Deleted)
		say("postponed", event.Modified) // somebody named it before its start
		s.settled(t, 3)
		require.Empty(t, r.requests())
		say("pending", event.Created)
		s.settled(t, 5)
		require.Equal(t, []string{"CREATED"}, r.types())
	})
}

func TestEndpoint_withANewSecretIsSignedWithBothUntilTheOldOneEnds(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		e, key, err := s.webhook.RotateSecret(t.Context(), s.vendor, s.endpointOf(t, s.vendor).ID, webhook.RotateInput{})
		require.NoError(t, err)
		s.tell(t, sub, event.Created)
		s.settled(t, 1)
		g := r.requests()[0]
		for _, secret := range []string{theSecret, key.Reveal()} {
			require.NoError(t, sign.VerifyStandard(g.header, []byte(g.body), time.Now(), secret))
		}
		require.NoError(t, sign.VerifyEvent(g.header, []byte(g.body), key.Reveal()))

		s.exec(t, `UPDATE webhook_endpoint SET previous_until = ? WHERE id = ?`, time.Now().Add(-time.Second), e.ID)
		s.tell(t, sub, event.Modified)
		s.settled(t, 2)
		g = r.requests()[1]
		require.Error(t, sign.VerifyStandard(g.header, []byte(g.body), time.Now(), theSecret))
		require.NoError(t, sign.VerifyStandard(g.header, []byte(g.body), time.Now(), key.Reveal()))
		p, err := s.catalog.Product(t.Context(), s.vendor, e.ProductID)
		require.NoError(t, err)
		inForm, err := s.catalog.SyndicationSecret(p.Product)
		require.NoError(t, err)
		require.Equal(t, key.Reveal(), inForm.Reveal(), "the product's form has the same secret")
	})
}

func TestEndpoint_ofAProductAndItsFormAreOneThing(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		first, second := newReceiver(t, nil), newReceiver(t, nil)
		product, sub := s.sell(t, "maps", "", "")
		url := func() string {
			p, err := s.catalog.Product(t.Context(), s.vendor, product)
			require.NoError(t, err)
			return p.Product.SyndicationURL
		}
		e, key := s.listen(t, s.vendor, webhook.EndpointInput{ProductID: product, URL: first.URL})
		require.Equal(t, first.URL, url())
		_, _, err := s.webhook.CreateEndpoint(t.Context(), s.vendor, webhook.EndpointInput{ProductID: product, URL: second.URL})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		s.edit(t, product, second.URL)
		require.Equal(t, second.URL, s.endpointOf(t, s.vendor).URL)
		s.tell(t, sub, event.Created)
		s.settled(t, 1)
		require.NoError(t, sign.VerifyEvent(second.requests()[0].header, []byte(second.requests()[0].body), key), "a new address keeps the secret")
		_, err = s.webhook.UpdateEndpoint(t.Context(), s.vendor, e.ID, webhook.EndpointChange{URL: &first.URL})
		require.NoError(t, err)
		require.Equal(t, first.URL, url())
		require.NoError(t, s.webhook.DeleteEndpoint(t.Context(), s.vendor, e.ID))
		require.Empty(t, url())
		_, err = s.webhook.Endpoint(t.Context(), s.vendor, e.ID)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	})
}

func TestEndpoint_canOnlyBeMadeForOneself(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		product, _ := s.sell(t, "maps", "", "")
		const url = "https://hooks.example/events"
		for name, c := range map[string]struct {
			actor account.Actor
			in    webhook.EndpointInput
			code  fault.Code
		}{
			"of another's product": {s.rival, webhook.EndpointInput{ProductID: product}, fault.NotFound},
			"of another vendor":    {s.rival, webhook.EndpointInput{Recipient: webhook.ToVendor, OrganizationID: s.vendor.OrganizationID}, fault.NotFound},
			"of the platform":      {s.vendor, webhook.EndpointInput{Recipient: webhook.ToPlatform}, fault.Forbidden},
			"of what one is not":   {s.customer, webhook.EndpointInput{Recipient: webhook.ToVendor}, fault.Invalid},
			"with a wrong address": {s.customer, webhook.EndpointInput{URL: "ftp://x"}, fault.Invalid},
			"of nobody":            {account.Actor{MarketplaceID: s.market.ID}, webhook.EndpointInput{}, fault.Unauthenticated},
		} {
			if c.in.URL == "" {
				c.in.URL = url
			}
			_, _, err := s.webhook.CreateEndpoint(t.Context(), c.actor, c.in)
			require.True(t, fault.Is(err, c.code), "%s: %v", name, err)
		}
		e, _ := s.listen(t, s.vendor, webhook.EndpointInput{URL: url})
		for _, stranger := range []account.Actor{s.rival, s.customer, s.reseller} {
			require.True(t, fault.Is(s.webhook.DeleteEndpoint(t.Context(), stranger, e.ID), fault.NotFound))
			_, _, err := s.webhook.RotateSecret(t.Context(), stranger, e.ID, webhook.RotateInput{})
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
			_, err = s.webhook.SendTest(t.Context(), stranger, e.ID, webhook.TestInput{})
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
			_, err = s.webhook.ReplayMany(t.Context(), stranger, webhook.ReplayInput{EndpointID: e.ID, Status: webhook.Dead})
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		}
	})
}

func TestEndpoint_writesCloudEventsWhenAsked(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		structured, binary := newReceiver(t, nil), newReceiver(t, nil)
		_, key := s.listen(t, s.vendor, webhook.EndpointInput{URL: structured.URL, Format: webhook.CloudEvents})
		s.listen(t, s.vendor, webhook.EndpointInput{URL: binary.URL, Format: webhook.CloudEventsBinary})
		_, sub := s.sell(t, "maps", "", "")
		s.tell(t, sub, event.Created)
		s.settled(t, 2)
		g := structured.requests()[0]
		require.Equal(t, "application/cloudevents+json; charset=utf-8", g.header.Get("Content-Type"))
		require.NoError(t, sign.VerifyStandard(g.header, []byte(g.body), time.Now(), key))
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(g.body), &e))
		require.Equal(t, g.header.Get("webhook-id"), e["id"])
		require.Equal(t, []any{"1.0", "fondaco.subscription.created", fmt.Sprintf("/marketplaces/%d", s.market.ID), "application/json"},
			[]any{e["specversion"], e["type"], e["source"], e["datacontenttype"]})
		g = binary.requests()[0]
		require.Equal(t, e["subject"], g.header.Get("ce-subject"))
		require.Equal(t, e["id"], g.header.Get("ce-id"))
		require.Equal(t, e["time"], g.header.Get("ce-time"))
		var data map[string]any
		require.NoError(t, json.Unmarshal([]byte(g.body), &data))
		require.Equal(t, e["data"], data)
	})
}

func TestSendTest_arrivesSignedAndIsOfNothing(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		e, key := s.listen(t, s.customer, webhook.EndpointInput{URL: r.URL})
		d, err := s.webhook.SendTest(t.Context(), s.customer, e.ID, webhook.TestInput{Type: event.Deleted})
		require.NoError(t, err)
		_, err = s.webhook.SendTest(t.Context(), s.customer, e.ID, webhook.TestInput{Payload: json.RawMessage(`{"my":"own"}`)})
		require.NoError(t, err)
		s.settled(t, 2)
		require.Equal(t, 2, s.count(t, `SELECT COUNT(*) FROM audit_entry WHERE action = 'endpoint.test'`))
		byID := map[string]got{}
		for _, g := range r.requests() {
			byID[g.header.Get("webhook-id")] = g
			require.NoError(t, sign.VerifyStandard(g.header, []byte(g.body), time.Now(), key))
		}
		g := byID[fmt.Sprintf("test_%d", d.ID)]
		require.Contains(t, g.body, `"entityUrl":"subscription/2147483647","id":2147483647,"type":"DELETED"`)
		require.Equal(t, `{"my":"own"}`, byID[fmt.Sprintf("test_%d", d.ID+1)].body)
		_, err = s.webhook.SendTest(t.Context(), s.customer, e.ID, webhook.TestInput{Type: "GONE", Payload: json.RawMessage(`[1]`)})
		require.Len(t, fault.As(err).Fields, 2)
	})
}

func TestReplayMany_sendsARangeAgainAndNoTests(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		e := s.endpointOf(t, s.vendor)
		s.tell(t, sub, event.Created)
		s.settled(t, 1)
		time.Sleep(2 * time.Millisecond)
		since, err := s.db.Now(t.Context(), s.market.ID)
		require.NoError(t, err)
		s.tell(t, sub, event.Modified, event.Deleted)
		_, err = s.webhook.SendTest(t.Context(), s.vendor, e.ID, webhook.TestInput{})
		require.NoError(t, err)
		s.settled(t, 4)
		n, err := s.webhook.ReplayMany(t.Context(), s.vendor, webhook.ReplayInput{EndpointID: e.ID, Since: &since})
		require.NoError(t, err)
		require.Equal(t, 2, n)
		s.settled(t, 4)
		require.Len(t, r.requests(), 6)
		again := r.types()[4:]
		require.Equal(t, []string{"MODIFIED", "DELETED"}, again)
		n, err = s.webhook.ReplayMany(t.Context(), s.vendor, webhook.ReplayInput{EndpointID: e.ID, Status: webhook.Dead})
		require.NoError(t, err)
		require.Zero(t, n)
		_, err = s.webhook.ReplayMany(t.Context(), s.vendor, webhook.ReplayInput{})
		require.Len(t, fault.As(err).Fields, 2)
	})
}

func TestEndpoint_mayBeInsideTheNetworkWhereTheMarketplaceAllowsIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShop(t, db, false)
		s.start(t)
		r := newReceiver(t, nil)
		_, _, err := s.webhook.CreateEndpoint(t.Context(), s.vendor, webhook.EndpointInput{URL: r.URL})
		require.Equal(t, "url", fault.As(err).Fields[0].Name)
		s.exec(t, `UPDATE marketplace SET allow_private_targets = ?`, true)
		s.listen(t, s.vendor, webhook.EndpointInput{URL: r.URL})
		_, sub := s.sell(t, "maps", "", "")
		s.tell(t, sub, event.Created)
		require.Equal(t, webhook.Delivered, s.settled(t, 1)[0].Status)
	})
}
