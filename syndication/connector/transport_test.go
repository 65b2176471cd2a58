package connector_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTransport_slashesArePassedOverAndNothingIsRedirected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/connector/api/user/me", "/connector/api//user/me", "//connector//api///user//me", "/connector/api/user/me/",
		"/cmw/user/me", "/cmw//user/me", "/connector/api/user/me?apiVersion=20250109&nobody=knows"} {
		got := w.as("vendor").get(path).want(200).object()
		require.Equal(t, email("vendor"), got["email"], path)
	}
	w.as("vendor").get("/connector/api2/user/me").want(404)
}

func TestTransport_whatIsInNoTableIsA404InJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, call := range [][2]string{{"GET", "subscription/expiring"}, {"DELETE", "subscription/5"}, {"PATCH", "subscription/<built-in function id>"},
		{"GET", "category/me"}, {"POST", "order/5/notify"}, {"GET", ""}, {"GET", "subscription/0"}, {"GET", "subscription/99999999999"}} {
		a := w.as("vendor").send(call[0], "/connector/api/"+strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20").Replace(call[1]), nil).want(404)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		require.NotEmpty(t, a.key(), call)
		require.NotEmpty(t, a.object()["errors"])
	}
}

func TestTransport_browsersMayAskAndSeeThePaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pre := w.as("").with("Origin", "https://shop.test").with("Access-Control-Request-Method", "GET").send("OPTIONS", "subscription", nil).want(204)
	for _, name := range []string{"Authorization", "CMW-Auth-Token", "CMW-Auth-User", "Content-Type"} {
		require.Contains(t, pre.header.Get("Access-Control-Allow-Headers"), name)
	}
	list := w.as("vendor").with("Origin", "https://shop.test").get("subscription").want(200)
	require.Equal(t, "*", list.header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, list.header.Get("Access-Control-Expose-Headers"), "CMW-TotalItems")
}

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

func TestAuthentication_everyFormOfTheContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokens["vendor"]
	for name, c := range map[string]struct {
		status  int
		headers map[string]string
	}{
		"token":                      {200, map[string]string{"CMW-Auth-Token": token}},
		"token and user":             {200, map[string]string{"CMW-Auth-Token": token, "CMW-Auth-User": "whoever"}},
		"our token as bearer":        {200, map[string]string{"Authorization": "Bearer " + token}},
		"basic":                      {200, map[string]string{"Authorization": basic(email("vendor"), password)}},
		"basic, other case":          {200, map[string]string{"Authorization": "basic " + strings.TrimPrefix(basic("VENDOR@example.test", password), "Basic ")}},
		"good token, bad basic":      {200, map[string]string{"CMW-Auth-Token": token, "Authorization": basic("undefined", "undefined")}},
		"good token, wrong basic":    {200, map[string]string{"CMW-Auth-Token": token, "Authorization": basic(email("vendor"), "wrong horse")}},
		"bad token, good basic":      {200, map[string]string{"CMW-Auth-Token": "fdk_unknown", "Authorization": basic(email("vendor"), password)}},
		"absent token, good basic":   {200, map[string]string{"CMW-Auth-Token": "undefined", "Authorization": basic(email("vendor"), password)}},
		"nobody":                     {401, nil},
		"undefined:undefined":        {401, map[string]string{"Authorization": basic("undefined", "undefined"), "CMW-Auth-Token": "null"}},
		"wrong password":             {401, map[string]string{"Authorization": basic(email("vendor"), "wrong horse")}},
		"unknown token":              {401, map[string]string{"CMW-Auth-Token": "fdk_unknown"}},
		"a JWT":                      {401, map[string]string{"Authorization": "Bearer a.b.c"}},
		"token of another market":    {200, map[string]string{"CMW-Auth-Token": w.tokens["foreignvendor"]}},
		"password of another market": {401, map[string]string{"Authorization": basic(email("foreignvendor"), password)}},
	} {
		c2 := w.as("")
		for header, value := range c.headers {
			c2 = c2.with(header, value)
		}
		a := c2.get("user/me")
		require.Equal(t, c.status, a.status, "%s: %s", name, a.raw)
		if c.status == 401 {
			require.NotContains(t, a.header.Get("WWW-Authenticate"), "Basic", "browsers would ask for a password")
			require.NotEmpty(t, a.key())
		}
	}
	require.Contains(t, w.as("").with("Authorization", "Bearer a.b.c").get("user/me").raw, "OAuth")
}

func TestAuthentication_aChangedPasswordHoldsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.as("").with("Authorization", basic(email("vendor"), password))
	for range 3 {
		old.get("user/me").want(200)
	}
	require.NoError(t, w.DB.InTx(t.Context(), w.market.ID, func(tx *storeTx) error {
		_, err := tx.Exec(t.Context(), `UPDATE account_user SET password_hash = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' WHERE email = ?`, email("vendor"))
		return err
	}))
	old.get("user/me").want(401)
}

func TestLogin_givesALastingTokenWithoutRevokingTheOlderOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as("").with("Authorization", basic(email("vendor"), password))
		login := func(method, path string) string {
			a := c.send(method, path, nil).want(200)
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			require.Regexp(t, `^"fdk_[^"]+"$`, a.raw, "a bare JSON text")
			return strings.Trim(a.raw, `"`)
		}
		first := login("GET", "/connector/api//login?expire=false")
		second := login("POST", "login?expire=false")
		temporary := login("POST", "login?expire=true")
		require.Equal(t, first, second, "one lasting token a person, given again")
		require.NotEqual(t, first, temporary)
		for _, token := range []string{first, temporary, w.tokens["vendor"]} {
			w.as("").with("CMW-Auth-Token", token).get("user/me").want(200)
		}
		w.as("").with("CMW-Auth-Token", first).send("POST", "logout", nil).want(204)
		w.as("").with("CMW-Auth-Token", first).get("user/me").want(401)
		w.as("").with("CMW-Auth-Token", temporary).get("user/me").want(200)
		require.NotEqual(t, first, login("GET", "login?expire=false"), "after logout there is a new one")
	})
}

func TestAmI_saysWhoOneIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for call, roles := range map[string][]string{"amIVendor": {"vendor", "otherVendor"}, "amIVendorOrAdmin": {"vendor", "otherVendor", "operator"},
		"amIAdmin": {"operator"}, "amISupervisor": {"operator"}, "amIUser": {"customer", "stranger"}} {
		for _, role := range []string{"vendor", "otherVendor", "operator", "customer", "stranger", "reseller"} {
			a := w.as(role).get("user/" + call)
			if slices.Contains(roles, role) {
				a.want(204)
				require.Empty(t, a.raw)
			} else {
				a.want(403)
			}
		}
	}
}

func TestImpersonation_isForOperatorsAndTheTrailShowsBoth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.sold(w.free)
		id := refID(w.actors["customer"].UserID)
		w.as("vendor").with("CMW-As-User", id).get("user/me").want(403)
		w.as("operator").with("CMW-As-User", refID(w.actors["foreigncustomer"].UserID)).get("user/me").want(404)
		as := w.as("operator").with("CMW-As-User", id)
		require.Equal(t, email("customer"), as.get("user/me").want(200).object()["email"])
		as.patch(subscriptionPath(o), obj{"action": "SET_NAME", "name": "Nina"}).want(204)
		as.with("CMW-As-User", "user/"+id).get("user/me").want(200)
		as.send("POST", "login", nil).want(403)
		trail, err := w.Accounts.AuditTrail(t.Context(), w.actors["operator"], auditFilter{}, everything)
		require.NoError(t, err)
		var who []string
		for _, r := range trail.Items {
			if r.Action == "user.impersonate" || r.Entity == "subscription" && r.Action == "subscription.setName" {
				who = append(who, r.Action+": "+r.Actor)
			}
		}
		require.Len(t, who, 2, "once an hour, and the change: %v", who)
		require.Contains(t, who[0], "subscription.setName: Ada customer (The customer company) by Ada operator (The operator company)")
		require.Contains(t, who[1], "user.impersonate: Ada operator")
	})
}
