package sandbox

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// session is a login: of the system administrator, or of a tenant.
type session struct{ orgID string }

// open tells what needs no session.
func open(r *http.Request) bool {
	return r.URL.Path == "/api/versions" || strings.HasPrefix(r.URL.Path, "/cloudapi/1.0.0/sessions") || strings.HasPrefix(r.URL.Path, "/oauth/")
}

// allowed tells whether the system administrator asks. Tenants use the portal
// only.
func (c *Cloud) allowed(r *http.Request) bool {
	s, ok := c.tokens[r.Header.Get(govcd.BearerTokenHeader)]
	return ok && s.orgID == ""
}

func (c *Cloud) versions(in call) answer {
	return say("SupportedVersions", govcd.SupportedVersions{VersionInfos: govcd.VersionInfos{{
		Version: apiVersion, LoginUrl: strings.TrimSuffix(in.base, "/api") + "/cloudapi/1.0.0/sessions",
		ProviderLoginUrl: strings.TrimSuffix(in.base, "/api") + "/cloudapi/1.0.0/sessions/provider",
	}}})
}

func (c *Cloud) about(in call) answer {
	return say("VCloud", types.VCloud{Name: "VMware Cloud Director", HREF: in.base + "/admin", Description: Version + " Wed Aug 09 12:00:00 UTC 2023"})
}

func (c *Cloud) newSession(orgID string) (token string) {
	token = rand.Text() + rand.Text()
	c.tokens[token] = session{orgID}
	return token
}

func welcome(token string) answer {
	out := sayJSON(http.StatusOK, types.CurrentSessionInfo{ID: "urn:vcloud:session:" + newID()})
	out.header = map[string]string{govcd.BearerTokenHeader: token, "X-Vmware-Vcloud-Token-Type": "Bearer"}
	return out
}

func badLogin() answer { return refuse(http.StatusUnauthorized, "UNAUTHORIZED", "Login failed.") }

func (c *Cloud) loginProvider(in call) answer {
	name, password, _ := in.BasicAuth()
	if !strings.EqualFold(name, c.cfg.User+"@System") || password != c.cfg.Password {
		return badLogin()
	}
	return welcome(c.newSession(""))
}

func (c *Cloud) loginTenant(in call) answer {
	login, password, _ := in.BasicAuth()
	name, orgName, _ := strings.Cut(login, "@")
	o := c.state.Orgs[c.state.Names[orgName]]
	if o == nil || !o.Enabled {
		return badLogin()
	}
	for _, u := range o.Users {
		if u.Name == name && u.Password == password {
			return welcome(c.newSession(o.ID))
		}
	}
	return badLogin()
}

func (c *Cloud) loginToken(in call) answer {
	if err := in.ParseForm(); err != nil || c.cfg.APIToken == "" || in.PostForm.Get("refresh_token") != c.cfg.APIToken {
		return refuse(http.StatusBadRequest, "invalid_grant", "The token is not valid.")
	}
	return sayJSON(http.StatusOK, types.ApiTokenRefresh{AccessToken: c.newSession(""), TokenType: "Bearer", ExpiresIn: 3600})
}

// EndSessions ends every login, as a restart of the cloud does.
func (c *Cloud) EndSessions() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.tokens)
}
