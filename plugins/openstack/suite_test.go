package openstack_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// The tests of this file run on the sandbox and on a real cloud alike, so that
// the two cannot drift apart.

func TestProvision_setsExactlyTheLimitsThatWereBought(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(2, 3, 20, 1))
		r := b.provision(sub)
		project := idOf(b.t, r.Resources, "project")
		require.Equal(b.t, 2, b.admin.quota(b.admin.compute, project, "cores"))
		require.Equal(b.t, 3*1024, b.admin.quota(b.admin.compute, project, "ram"))
		require.Equal(b.t, 20, b.admin.quota(b.admin.volume, project, "gigabytes"))
		require.Equal(b.t, 1, b.admin.quota(b.admin.network, project, "floatingip"))
		require.Equal(b.t, 0, b.admin.quota(b.admin.volume, project, "backup_gigabytes"), "disk that nobody bought")
		require.Equal(b.t, 5, b.admin.quota(b.admin.network, project, "router"))
		o := b.observe(sub)
		require.Equal(b.t, sdk.StateActive, o.State, o.Differences)
		require.Empty(b.t, o.Differences)
		require.Equal(b.t, r.Resources, o.Resources)
	})
}

func TestProvision_givesAWorkingLogin(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 0, 0))
		r := b.provision(sub)
		require.Equal(b.t, b.name(sub), plugintest.Credential(b.t, r, "project").Value)
		require.Equal(b.t, b.name(sub), plugintest.Credential(b.t, r, "user").Value)
		require.Equal(b.t, b.cloud["authUrl"], plugintest.Credential(b.t, r, "authUrl").Value)
		for _, name := range []string{"password", "clouds.yaml", "openrc"} {
			require.True(b.t, plugintest.Credential(b.t, r, name).Secret, name)
		}
		require.Equal(b.t, []sdk.Endpoint{{Identifier: "identity", URL: b.cloud["authUrl"].(string)}}, r.Endpoints)
		tenant := b.tenant(r)
		_, err := tenant.compute.Put(tenant.ctx, tenant.compute.ServiceURL("os-quota-sets", idOf(b.t, r.Resources, "project")),
			object{"quota_set": object{"cores": 99}}, nil, nil)
		statusIs(b.t, err, http.StatusForbidden)
		again := b.provision(sub)
		require.Equal(b.t, r, again, "the same key gives the same result")
		b.tenant(again)
	})
}

func TestTenant_cannotExceedWhatWasBought(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(2, 4, 10, 1))
		tenant := b.tenant(b.provision(sub))
		inner := tenant.net(b.world)

		id, err := tenant.boot(b.world.tiny, b.world.image, inner)
		require.NoError(b.t, err)
		_, err = tenant.boot(b.world.large, b.world.image, inner)
		statusIs(b.t, err, http.StatusForbidden)
		require.ErrorContains(b.t, err, "Quota exceeded for cores")

		_, err = tenant.makeVolume(8)
		require.NoError(b.t, err)
		_, err = tenant.makeVolume(3)
		statusIs(b.t, err, http.StatusRequestEntityTooLarge)

		_, err = tenant.floatingIP(b.world.external)
		require.NoError(b.t, err)
		_, err = tenant.floatingIP(b.world.external)
		statusIs(b.t, err, http.StatusConflict)
		b.waitFor("the server runs", func() bool { return tenant.status(id) == "ACTIVE" })
	})
}

// busy provisions the subscription and starts so many of the smallest
// servers in it, on the network that is returned.
func (b *bundle) busy(sub sdk.Subscription, servers int) (r sdk.Result, tenant *client, network string) {
	b.t.Helper()
	r = b.provision(sub)
	tenant = b.tenant(r)
	network = tenant.net(b.world)
	for range servers {
		_, err := tenant.boot(b.world.tiny, b.world.image, network)
		require.NoError(b.t, err)
	}
	return r, tenant, network
}

func TestUpdate_resizesAndKeepsTheLogin(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(2, 4, 10, 1))
		first, tenant, inner := b.busy(sub, 2)
		_, err := tenant.boot(b.world.tiny, b.world.image, inner)
		statusIs(b.t, err, http.StatusForbidden)

		sub = b.sold(1, parameters(3, 4, 10, 1))
		second, err := b.update("more", sub)
		require.NoError(b.t, err)
		require.Equal(b.t, first.Credentials, second.Credentials)
		require.Equal(b.t, sdk.StateActive, b.observe(sub).State)
		_, err = tenant.boot(b.world.tiny, b.world.image, inner)
		require.NoError(b.t, err, "the same token, the new limit")
	})
}

func TestUpdate_refusesLessThanWhatIsInUse(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(3, 4, 10, 2))
		r, tenant, _ := b.busy(sub, 2)
		_, err := tenant.makeVolume(8)
		require.NoError(b.t, err)
		for range 2 {
			_, err := tenant.floatingIP(b.world.external)
			require.NoError(b.t, err)
		}
		small := b.sold(1, parameters(1, 4, 5, 1))
		problems, err := b.provider.Validate(b.t.Context(), sdk.Check{Subscription: small, Current: &sub})
		require.NoError(b.t, err)
		require.Equal(b.t, []sdk.Problem{
			{Field: "parameters.cores", Message: "2 of the 3 cores are in use; delete servers first or choose at least 2."},
			{Field: "parameters.diskGb", Message: "8 of the 10 GB of disk are in use; delete volumes or snapshots first or choose at least 8."},
			{Field: "parameters.ips", Message: "2 of the 2 IP addresses are in use; delete floating IPs first or choose at least 2."},
		}, problems)
		_, err = b.update("less", small)
		require.Equal(b.t, sdk.CodePermanent, sdk.CodeOf(err))
		for _, p := range problems {
			require.ErrorContains(b.t, err, p.Message)
		}
		require.Equal(b.t, 3, b.admin.quota(b.admin.compute, idOf(b.t, r.Resources, "project"), "cores"), "nothing was changed")
		require.Empty(b.t, b.observe(sub).Differences)

		fits := b.sold(1, parameters(2, 2, 8, 2))
		problems, err = b.provider.Validate(b.t.Context(), sdk.Check{Subscription: fits, Current: &sub})
		require.NoError(b.t, err)
		require.Empty(b.t, problems)
		_, err = b.update("fits", fits)
		require.NoError(b.t, err)
	})
}

func TestUpdate_refusesToMoveBetweenPrepaidAndPayAsYouGo(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		b.provision(sub)
		problems, err := b.provider.Validate(b.t.Context(), sdk.Check{Subscription: b.metered(1), Current: &sub})
		require.NoError(b.t, err)
		require.Len(b.t, problems, 1)
		require.Equal(b.t, "plan.billing", problems[0].Field)
		require.Contains(b.t, problems[0].Message, "cannot move between prepaid and pay-as-you-go")
		_, err = b.update("move", b.metered(1))
		require.Equal(b.t, sdk.CodePermanent, sdk.CodeOf(err))
		require.ErrorContains(b.t, err, "cannot move between prepaid and pay-as-you-go")
		require.Empty(b.t, b.observe(sub).Differences)
	})
}

func TestSuspend_blocksTheLoginAndStopsServersUntilResumed(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		r := b.provision(sub)
		tenant := b.tenant(r)
		server, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
		require.NoError(b.t, err)
		b.waitFor("the server runs", func() bool { return tenant.status(server) == "ACTIVE" })

		for range 2 {
			require.NoError(b.t, b.provider.Suspend(b.t.Context(), sdk.Request{Key: "s", Subscription: sub}))
		}
		_, err = b.tryTenant(r)
		statusIs(b.t, err, http.StatusUnauthorized)
		o := b.observe(sub)
		require.Equal(b.t, sdk.StateSuspended, o.State)
		require.Empty(b.t, o.Differences)
		b.waitFor("the server is stopped", func() bool { return b.admin.status(server) == "SHUTOFF" })

		bigger := b.sold(1, parameters(2, 2, 1, 0))
		_, err = b.update("u", bigger)
		require.NoError(b.t, err)
		_, err = b.tryTenant(r)
		statusIs(b.t, err, http.StatusUnauthorized)

		for range 2 {
			require.NoError(b.t, b.provider.Resume(b.t.Context(), sdk.Request{Key: "r", Subscription: bigger}))
		}
		require.Equal(b.t, sdk.StateActive, b.observe(bigger).State)
		require.Equal(b.t, "SHUTOFF", b.tenant(r).status(server), "which servers run is the customer's to say")
	})
}

func TestDeprovision_leavesNothing(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(2, 2, 10, 1))
		r := b.provision(sub)
		project, user := idOf(b.t, r.Resources, "project"), idOf(b.t, r.Resources, "user")
		tenant := b.tenant(r)
		server, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
		require.NoError(b.t, err)
		disk, err := tenant.makeVolume(2)
		require.NoError(b.t, err)
		_, err = tenant.floatingIP(b.world.external)
		require.NoError(b.t, err)
		tenant.extras()
		b.waitFor("the volume is there", func() bool { return tenant.volumeStatus(disk) == "available" })
		tenant.makeSnapshot(disk)
		b.waitFor("the server runs", func() bool { return tenant.status(server) == "ACTIVE" })
		tenant.attach(server, disk)
		require.GreaterOrEqual(b.t, len(b.admin.leftovers(project, user)), 14, "or the listing lists nothing")

		for _, key := range []string{"d", "d", "other"} {
			require.NoError(b.t, b.remove(sub, key))
		}
		require.Empty(b.t, b.admin.leftovers(project, user))
		require.Equal(b.t, sdk.StateAbsent, b.observe(sub).State)
		again := b.provision(sub)
		require.NotEqual(b.t, plugintest.Credential(b.t, r, "password").Value, plugintest.Credential(b.t, again, "password").Value, "a new sale has a new login")
	})
}

func TestDeprovision_removesAnOrphanByNumberAndSettingsAlone(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		r := b.provision(sub)
		require.Contains(b.t, b.inventory(), sdk.Owned{SubscriptionID: sub.ID, Resources: r.Resources})
		require.NoError(b.t, b.remove(sdk.Subscription{ID: sub.ID, Settings: sub.Settings}, "orphan"))
		require.Empty(b.t, b.admin.leftovers(idOf(b.t, r.Resources, "project"), idOf(b.t, r.Resources, "user")))
		for _, o := range b.inventory() {
			require.NotEqual(b.t, sub.ID, o.SubscriptionID)
		}
	})
}

func (b *bundle) inventory() []sdk.Owned {
	b.t.Helper()
	all, err := b.provider.Inventory(b.t.Context(), plugintest.Raw(b.t, b.settings()))
	require.NoError(b.t, err)
	return all
}

func TestProject_deletedBehindOurBackIsSaidAndRepaired(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 5, 0))
		r := b.provision(sub)
		tenant := b.tenant(r)
		project, user := idOf(b.t, r.Resources, "project"), idOf(b.t, r.Resources, "user")
		server, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
		require.NoError(b.t, err)
		b.waitFor("the server runs", func() bool { return tenant.status(server) == "ACTIVE" })
		b.admin.delete("projects/" + project)

		_, err = b.update("u", sub)
		require.Equal(b.t, sdk.CodePermanent, sdk.CodeOf(err))
		require.ErrorContains(b.t, err, "no project "+b.name(sub)+" any more")
		err = b.provider.Suspend(b.t.Context(), sdk.Request{Key: "s", Subscription: sub})
		require.ErrorContains(b.t, err, "no project "+b.name(sub)+" any more")
		o := b.observe(sub)
		require.Equal(b.t, sdk.StatePartial, o.State)
		require.Equal(b.t, sdk.Difference{Kind: "missing", Subject: "project", Want: b.name(sub)}, o.Differences[0])
		require.Contains(b.t, b.inventory(), sdk.Owned{SubscriptionID: sub.ID, Resources: []sdk.Resource{{Kind: "user", ID: user, Name: b.name(sub)}}})

		require.NoError(b.t, b.remove(sub, "d"), "what ran in it is found, too")
		require.Empty(b.t, b.admin.leftovers(project, user))
	})
}

func TestProvision_repairsWhatIsMissing(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		first := b.provision(sub)
		b.admin.delete("projects/" + idOf(b.t, first.Resources, "project"))
		repaired, err := b.provider.Provision(b.t.Context(), sdk.Request{Key: "repair", Subscription: sub}, nil)
		require.NoError(b.t, err)
		require.NotEqual(b.t, first.Resources[0].ID, repaired.Resources[0].ID)
		b.tenant(repaired)
		require.Equal(b.t, sdk.StateActive, b.observe(sub).State)

		b.admin.delete("users/" + idOf(b.t, repaired.Resources, "user"))
		require.Equal(b.t, sdk.Difference{Kind: "missing", Subject: "user", Want: b.name(sub)}, b.observe(sub).Differences[0])
		again, err := b.provider.Provision(b.t.Context(), sdk.Request{Key: "repair-2", Subscription: sub}, nil)
		require.NoError(b.t, err)
		require.Equal(b.t, plugintest.Credential(b.t, repaired, "password"), plugintest.Credential(b.t, again, "password"), "the project's login")
		b.tenant(again)
	})
}

func TestObserve_tellsWhatOthersChanged(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(4, 8, 20, 1))
		r := b.provision(sub)
		project, user := idOf(b.t, r.Resources, "project"), idOf(b.t, r.Resources, "user")
		set := func(service *gophercloud.ServiceClient, path, key string, quotas object) {
			_, err := service.Put(b.admin.ctx, service.ServiceURL(path, project), object{key: quotas}, nil, &gophercloud.RequestOpts{OkCodes: []int{200}})
			require.NoError(b.t, err)
		}
		set(b.admin.compute, "os-quota-sets", "quota_set", object{"cores": 8, "ram": 8193, "instances": 7})
		set(b.admin.volume, "os-quota-sets", "quota_set", object{"gigabytes": -1})
		set(b.admin.network, "quotas", "quota", object{"floatingip": 0})
		b.admin.patch("users/"+user, object{"user": object{"enabled": false}})
		o := b.observe(sub)
		require.Equal(b.t, sdk.StatePartial, o.State)
		require.Equal(b.t, []sdk.Difference{
			{Kind: "changed", Subject: "user", Want: "enabled", Have: "disabled"},
			{Kind: "changed", Subject: "cores", Want: "4", Have: "8"},
			{Kind: "changed", Subject: "diskGb", Want: "20", Have: "-1"},
			{Kind: "changed", Subject: "ips", Want: "1", Have: "0"},
			{Kind: "changed", Subject: "memoryGb", Want: "8", Have: "9"},
			{Kind: "changed", Subject: "quota instances", Want: "100", Have: "7"},
		}, o.Differences)
		_, err := b.provider.Provision(b.t.Context(), sdk.Request{Key: "repair", Subscription: sub}, nil)
		require.NoError(b.t, err)
		require.Empty(b.t, b.observe(sub).Differences)
		b.tenant(r)
	})
}

func TestForeign_projectWithOurNameIsLeftAlone(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		var answer struct{ Project struct{ ID string } }
		body := object{"project": object{"name": b.name(sub), "domain_id": "default", "description": "somebody else's"}}
		_, err := b.admin.identity.Post(b.admin.ctx, b.admin.identity.ServiceURL("projects"), body, &answer, nil)
		require.NoError(b.t, err)
		b.t.Cleanup(func() { b.admin.delete("projects/" + answer.Project.ID) })

		_, provisionErr := b.provider.Provision(b.t.Context(), sdk.Request{Key: "p", Subscription: sub}, nil)
		_, updateErr := b.update("u", sub)
		_, observeErr := b.provider.Observe(b.t.Context(), sub)
		for _, err := range []error{
			provisionErr, updateErr, observeErr, b.remove(sub, "d"),
			b.provider.Suspend(b.t.Context(), sdk.Request{Key: "s", Subscription: sub}),
		} {
			require.Equal(b.t, sdk.CodePermanent, sdk.CodeOf(err))
			require.ErrorContains(b.t, err, fmt.Sprintf("project %q that does not belong", b.name(sub)))
		}
		require.Equal(b.t, []string{"projects/" + answer.Project.ID}, b.admin.accounts(answer.Project.ID, "none"))
	})
}

func TestProvision_twiceAtOnceMakesOneTenant(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		results := make([]sdk.Result, 4)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				r, err := b.provider.Provision(b.t.Context(), sdk.Request{Key: "same", Subscription: sub}, nil)
				for sdk.CodeOf(err) == sdk.CodeTransient { // two may step on each other's toes
					r, err = b.provider.Provision(b.t.Context(), sdk.Request{Key: "same", Subscription: sub}, nil)
				}
				results[i] = r
				if err != nil {
					b.t.Error(err)
				}
			})
		}
		wg.Wait()
		b.t.Cleanup(func() { require.NoError(b.t, b.remove(sub, "cleanup")) })
		for _, r := range results[1:] {
			require.Equal(b.t, results[0], r)
		}
		b.tenant(results[0])
		require.Contains(b.t, b.inventory(), sdk.Owned{SubscriptionID: sub.ID, Resources: results[0].Resources})
	})
}

func TestHealth_saysWhatIsThereAndWhatIsWrong(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		health := func(change object) sdk.Health {
			h, err := b.provider.Health(b.t.Context(), plugintest.Raw(b.t, object{"clouds": object{"main": with(b.cloud, change)}}))
			require.NoError(b.t, err)
			return h
		}
		h := health(object{"externalNetwork": b.world.external})
		require.True(b.t, h.OK, h.Message)
		require.Contains(b.t, h.Message, "region "+b.region+" with compute, volume, network")

		for _, c := range []struct {
			change object
			want   string
		}{
			{object{"password": "wrong-s3cret"}, "does not accept the user name and password in settings.clouds.main"},
			{object{"region": "Nowhere"}, `has no region "Nowhere"; it has ` + b.region},
			{object{"domain": "Nowhere"}, `has no domain "Nowhere"`},
			{object{"memberRole": "nobody"}, `has no role "nobody"`},
			{object{"externalNetwork": "nothing"}, `has no external network "nothing"`},
			{object{"authUrl": "http://127.0.0.1:1/v3"}, "cannot be reached"},
			{object{"authUrl": ""}, "settings.clouds.main.authUrl: Give a full address"},
		} {
			h := health(c.change)
			require.False(b.t, h.OK, c.want)
			require.Contains(b.t, h.Message, c.want)
			require.NotContains(b.t, h.Message, "s3cret")
		}
	})
}

func with(o, change object) object {
	out := object{}
	for _, m := range []object{o, change} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func TestHealth_refusesAUserWhoIsNoAdministrator(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		r := b.provision(b.sold(1, parameters(1, 1, 1, 0)))
		tenant := object{"username": plugintest.Credential(b.t, r, "user").Value, "password": plugintest.Credential(b.t, r, "password").Value, "projectName": plugintest.Credential(b.t, r, "project").Value}
		h, err := b.provider.Health(b.t.Context(), plugintest.Raw(b.t, object{"clouds": object{"main": with(b.cloud, tenant)}}))
		require.NoError(b.t, err)
		require.False(b.t, h.OK)
		require.Contains(b.t, h.Message, "needs the admin role")
		require.False(b.t, strings.Contains(h.Message, plugintest.Credential(b.t, r, "password").Value))
	})
}
