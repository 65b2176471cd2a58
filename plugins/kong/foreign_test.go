package kong_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	kongapi "github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// everything is the whole content of the gateway, key by key.
func (b *bundle) everything() string {
	b.t.Helper()
	out := ""
	for _, kind := range []string{"services", "routes", "consumers", "plugins", "key-auths", "acls"} {
		req, err := b.admin.NewRequest("GET", "/"+kind, nil, nil)
		require.NoError(b.t, err)
		res, err := b.admin.DoRAW(context.Background(), req)
		require.NoError(b.t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(b.t, err)
		require.NoError(b.t, res.Body.Close())
		require.Equal(b.t, http.StatusOK, res.StatusCode)
		out += kind + string(body) + "\n"
	}
	return out
}

func TestForeign_objectsOfTheSameNameAreNeverTouched(t *testing.T) {
	t.Parallel()
	onlySandbox(t) // compares the whole gateway
	ctx := context.Background()
	for name, c := range map[string]struct {
		make     func(b *bundle) error
		named    func(b *bundle) string
		shared   bool // touched by provisioning only
		sellOnce bool // ours exists before
	}{
		"consumer": {make: func(b *bundle) error {
			_, err := b.admin.Consumers.Create(ctx, &kongapi.Consumer{Username: new(strconv.FormatInt(b.id(), 10)), Tags: kongapi.StringSlice("fondaco")})
			return err
		}, named: func(b *bundle) string { return strconv.FormatInt(b.id(), 10) }},
		"service": {shared: true, make: func(b *bundle) error {
			_, err := b.admin.Services.Create(ctx, &kongapi.Service{Name: new(fmt.Sprintf("fondaco-%d", b.product)), Host: new("example.com")})
			return err
		}, named: func(b *bundle) string { return fmt.Sprintf("fondaco-%d", b.product) }},
		"route": {shared: true, make: func(b *bundle) error {
			_, err := b.admin.Routes.Create(ctx, &kongapi.Route{Name: new(b.route("get-item")), Paths: kongapi.StringSlice("/theirs")})
			return err
		}, named: func(b *bundle) string { return b.route("get-item") }},
		"plugin on our service": {shared: true, sellOnce: true, make: func(b *bundle) error {
			service := fmt.Sprintf("fondaco-%d", b.product)
			list, err := b.admin.Plugins.ListAllForService(ctx, &service)
			require.NoError(b.t, err)
			for _, p := range list {
				if *p.Name == "http-log" {
					require.NoError(b.t, b.admin.Plugins.Delete(ctx, p.ID))
				}
			}
			_, err = b.admin.Plugins.CreateForService(ctx, &service, &kongapi.Plugin{Name: new("http-log"), Config: kongapi.Configuration{"http_endpoint": "http://example.com"}})
			return err
		}, named: func(*bundle) string { return "http-log" }},
	} {
		b := setup(t)
		if c.sellOnce {
			require.NoError(t, b.try("provision", "p", basic()))
		}
		require.NoError(t, c.make(b), name)
		before := b.everything()
		_, err := b.provider.Provision(ctx, sdk.Request{Key: "k", Subscription: b.sub(b.id(), basic())}, nil)
		require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err), "%s: %v", name, err)
		require.ErrorContains(t, err, c.named(b), name)
		if !c.shared {
			for _, operation := range []string{"update", "suspend", "resume", "deprovision"} {
				err := b.try(operation, operation, basic())
				require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err), "%s %s", name, operation)
				require.ErrorContains(t, err, c.named(b), name)
			}
			require.Equal(t, before, b.everything(), name)
		}
	}
}

func TestForeign_bystandersStayThroughAWholeLife(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	ctx := context.Background()
	service, err := b.admin.Services.Create(ctx, &kongapi.Service{Name: new("theirs"), Host: new("example.com"), Tags: kongapi.StringSlice("team-a")})
	require.NoError(t, err)
	_, err = b.admin.Routes.Create(ctx, &kongapi.Route{Name: new("theirs"), Paths: kongapi.StringSlice("/theirs"), Service: service})
	require.NoError(t, err)
	_, err = b.admin.Consumers.Create(ctx, &kongapi.Consumer{Username: new("alice")})
	require.NoError(t, err)
	_, err = b.admin.KeyAuths.Create(ctx, new("alice"), &kongapi.KeyAuth{Key: new("alices-key")})
	require.NoError(t, err)
	_, err = b.admin.ACLs.Create(ctx, new("alice"), &kongapi.ACLGroup{Group: new("gold")})
	require.NoError(t, err)
	_, err = b.admin.Plugins.Create(ctx, &kongapi.Plugin{Name: new("request-transformer"), Config: kongapi.Configuration{"add": object{"headers": []string{"X-Theirs:1"}}}})
	require.NoError(t, err)
	before := theirs(t, b.everything())

	for i, operation := range []string{"provision", "suspend", "resume", "update", "deprovision"} {
		require.NoError(t, b.try(operation, strconv.Itoa(i), basic()))
	}
	require.Equal(t, before, theirs(t, b.everything()))
}

// theirs leaves out of everything what carries our tag.
func theirs(t *testing.T, everything string) (out []any) {
	t.Helper()
	for line := range strings.Lines(everything) {
		var list struct {
			Data []map[string]any `json:"data"`
		}
		require.NoError(t, json.Unmarshal([]byte(line[strings.Index(line, "{"):]), &list))
		for _, entity := range list.Data {
			if tags, _ := entity["tags"].([]any); !slices.Contains(tags, any(gatewaylog.Tag)) {
				out = append(out, entity)
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}

func TestForeign_aRouteOnOurServiceKeepsTheService(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	require.NoError(t, b.try("provision", "p", basic()))
	name := fmt.Sprintf("theirs-%d", b.product)
	r, err := b.admin.Routes.CreateInService(ctx, new(b.serviceID()), &kongapi.Route{Name: &name, Paths: kongapi.StringSlice("/" + name)})
	require.NoError(t, err)
	require.NoError(t, b.try("deprovision", "d", basic()))
	still, err := b.admin.Routes.Get(ctx, &name)
	require.NoError(t, err)
	require.Equal(t, r.ID, still.ID)
	require.NoError(t, b.admin.Routes.Delete(ctx, &name))
	require.NoError(t, b.try("deprovision", "d", basic()))
	require.Empty(t, b.bought())
}

func (b *bundle) serviceID() string {
	b.t.Helper()
	s, err := b.admin.Services.Get(context.Background(), new(fmt.Sprintf("fondaco-%d", b.product)))
	require.NoError(b.t, err)
	return *s.ID
}

func TestForeign_keyAndGroupOnOurConsumerStay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	r := b.provision(b.id(), basic())
	consumer := r.Resources[0].ID
	_, err := b.admin.KeyAuths.Create(ctx, &consumer, &kongapi.KeyAuth{Key: new(b.route("theirs"))})
	require.NoError(t, err)
	_, err = b.admin.ACLs.Create(ctx, &consumer, &kongapi.ACLGroup{Group: new("gold")})
	require.NoError(t, err)
	again := b.update(b.id(), "u", planOf(payPerUse("special")))
	require.Equal(t, keyOf(t, r), keyOf(t, again))
	keys, _, err := b.admin.KeyAuths.ListForConsumer(ctx, &consumer, nil)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	groups, _, err := b.admin.ACLs.ListForConsumer(ctx, &consumer, nil)
	require.NoError(t, err)
	raw, err := json.Marshal(groups)
	require.NoError(t, err)
	require.Len(t, groups, 2, string(raw))
}
