package openstack

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// access is what a tenant needs to log in.
type access struct {
	name, authURL, project, projectID, user, password, domain, region string
}

// cloudsYAML is the file that OpenStack's clients read, ready to use:
//
//	openstack --os-cloud fondaco-12 server list
func (a access) cloudsYAML() string {
	type auth struct {
		AuthURL       string `yaml:"auth_url"`
		Username      string `yaml:"username"`
		Password      string `yaml:"password"`
		ProjectName   string `yaml:"project_name"`
		UserDomain    string `yaml:"user_domain_name"`
		ProjectDomain string `yaml:"project_domain_name"`
	}
	type cloud struct {
		Auth      auth   `yaml:"auth"`
		Region    string `yaml:"region_name"`
		Interface string `yaml:"interface"`
		Identity  int    `yaml:"identity_api_version"`
	}
	file := map[string]map[string]cloud{"clouds": {a.name: {
		auth{a.authURL, a.user, a.password, a.project, a.domain, a.domain}, a.region, "public", 3,
	}}}
	text, err := yaml.Marshal(file)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return string(text)
}

// openrc is the file to source in a shell.
func (a access) openrc() string {
	var b strings.Builder
	for _, v := range [][2]string{
		{"OS_AUTH_URL", a.authURL}, {"OS_IDENTITY_API_VERSION", "3"}, {"OS_USERNAME", a.user}, {"OS_PASSWORD", a.password},
		{"OS_PROJECT_NAME", a.project}, {"OS_PROJECT_ID", a.projectID}, {"OS_USER_DOMAIN_NAME", a.domain}, {"OS_PROJECT_DOMAIN_NAME", a.domain},
		{"OS_REGION_NAME", a.region}, {"OS_INTERFACE", "public"},
	} {
		fmt.Fprintf(&b, "export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
	}
	return b.String()
}
