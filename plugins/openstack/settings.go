package openstack

import (
	"crypto/x509"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/plugins/document"
)

var (
	markPattern  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)
	cloudPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// settings are the provider instance's.
type settings struct {
	Mark         string                     `json:"mark"`
	PasswordSeed string                     `json:"passwordSeed"`
	Raw          map[string]json.RawMessage `json:"clouds"`

	clouds map[string]cloud
}

// cloud is one Keystone with what its catalog lists.
type cloud struct {
	AuthURL           string     `json:"authUrl"`
	Username          string     `json:"username"`
	Password          string     `json:"password"`
	ProjectName       string     `json:"projectName"`
	UserDomainName    string     `json:"userDomainName"`
	ProjectDomainName string     `json:"projectDomainName"`
	Region            string     `json:"region"`
	Domain            string     `json:"domain"`
	MemberRole        string     `json:"memberRole"`
	ExternalNetwork   string     `json:"externalNetwork"`
	Interface         string     `json:"interface"`
	CACert            string     `json:"caCert"`
	Insecure          bool       `json:"insecure"`
	StopServers       *bool      `json:"stopServersOnSuspend"`
	Gnocchi           string     `json:"gnocchi"`
	Capacity          amounts    `json:"capacity"`
	Quotas            dependents `json:"quotas"`
}

// dependents are the quotas that are not sold; nil is the default.
type dependents struct {
	Instances          *int64 `json:"instances"`
	Keypairs           *int64 `json:"keypairs"`
	ServerGroups       *int64 `json:"serverGroups"`
	Volumes            *int64 `json:"volumes"`
	Snapshots          *int64 `json:"snapshots"`
	Backups            *int64 `json:"backups"`
	BackupGB           *int64 `json:"backupGb"`
	Networks           *int64 `json:"networks"`
	Subnets            *int64 `json:"subnets"`
	Routers            *int64 `json:"routers"`
	Ports              *int64 `json:"ports"`
	SecurityGroups     *int64 `json:"securityGroups"`
	SecurityGroupRules *int64 `json:"securityGroupRules"`
}

// check reads the clouds and says what is wrong.
func (s *settings) check(p *document.Problems) {
	s.Mark = or(s.Mark, "fondaco")
	p.That(markPattern.MatchString(s.Mark), "settings.mark", "Use a small letter, then up to 19 small letters, digits and hyphens.")
	p.That(len(s.Raw) > 0, "settings.clouds", "Name at least one cloud.")
	s.clouds = map[string]cloud{}
	for _, name := range s.names() {
		at := "settings.clouds." + name
		p.That(cloudPattern.MatchString(name), at, "A cloud's name has letters, digits, dots, hyphens and underscores.")
		var c cloud
		if !p.Decode(at, s.Raw[name], &c) {
			p.That(!document.Blank(s.Raw[name]), at, "Describe this cloud.")
			continue
		}
		c.complete()
		c.check(p, at)
		s.clouds[name] = c
	}
}

func (s settings) names() []string { return slices.Sorted(maps.Keys(s.Raw)) }

// secrets never appear in a message.
func (s settings) secrets() document.Secrets {
	out := document.Secrets{s.PasswordSeed}
	for _, c := range s.clouds {
		out = append(out, c.Password)
	}
	return out
}

// complete fills in the defaults.
func (c *cloud) complete() {
	c.ProjectName = or(c.ProjectName, "admin")
	c.UserDomainName = or(c.UserDomainName, "Default")
	c.ProjectDomainName = or(c.ProjectDomainName, "Default")
	c.Domain = or(c.Domain, "Default")
	c.MemberRole = or(c.MemberRole, "member")
	c.Interface = or(c.Interface, "public")
	c.Gnocchi = or(c.Gnocchi, "auto")
}

func (c cloud) check(p *document.Problems, at string) {
	webURL(p, at+".authUrl", c.AuthURL)
	p.That(c.Username != "", at+".username", "Name the cloud's administrator.")
	p.That(c.Password != "", at+".password", "Give the administrator's password.")
	p.That(slices.Contains([]string{"public", "internal", "admin"}, c.Interface), at+".interface", "Choose public, internal or admin.")
	p.That(slices.Contains([]string{"auto", "off"}, c.Gnocchi), at+".gnocchi", "Choose auto or off.")
	p.That(c.CACert == "" || x509.NewCertPool().AppendCertsFromPEM([]byte(c.CACert)), at+".caCert", "This is no certificate in PEM.")
	for _, a := range c.Capacity.list() {
		p.That(a.value == nil || *a.value >= 0 && *a.value <= mostAmount, at+".capacity."+a.name, "Give a number from 0 to %d.", mostAmount)
	}
	for _, q := range c.Quotas.list() {
		p.That(q.limit >= unlimited && q.limit <= mostAmount, at+".quotas."+q.setting, "Give a number from 0 to %d, or -1 for no limit.", mostAmount)
	}
}

// stopsServers tells whether a suspension stops servers.
func (c cloud) stopsServers() bool { return c.StopServers == nil || *c.StopServers }

func webURL(p *document.Problems, field, raw string) {
	u, ok := p.Address(field, raw, "https://cloud.example.com:5000/v3")
	p.That(!ok || u.RawQuery == "" && u.Fragment == "" && u.User == nil, field, "The address cannot have a user, a query or a fragment.")
}

func or(s, otherwise string) string {
	if s = strings.TrimSpace(s); s == "" {
		return otherwise
	}
	return s
}
