package demo

import (
	"encoding/json"
	"fmt"
	"os"
)

// The demo's own files: where and who, for people and tests, once it is ready;
// and its ports, kept from the first moment.
const (
	fileName  = "demo.json"
	portsName = "ports.json"
)

// File is DIR/demo.json: where everything is and who to be. It is written when
// the demo is ready. The secrets in it open nothing but this demo.
type File struct {
	Portal       string          `json:"portal"`
	API          string          `json:"api"`
	Connector    string          `json:"connector"` // base URL for vendors' connectors
	Gateway      string          `json:"gateway"`
	GatewayAdmin string          `json:"gatewayAdmin"`
	WebhookSink  string          `json:"webhookSink"`
	Admin        string          `json:"admin"`
	Mail         string          `json:"mail"`
	Upstream     string          `json:"upstream"`
	OpenStack    string          `json:"openstack"`
	VCloud       string          `json:"vcloud"`
	Quaderno     string          `json:"quaderno"`   // the example connector of the vendor, and its service
	Storefront   string          `json:"storefront"` // the reseller's; names under localhost are this machine
	Users        map[string]User `json:"users"`      // by role
}

// User is somebody to sign in as.
type User struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Token    string `json:"token"`
}

// readFile returns the file of the last run; the zero File when there is none.
func readFile(path string) File {
	var f File
	raw, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(raw, &f) != nil {
		return File{}
	}
	return f
}

// write replaces the file whole, so that a reader never sees half of it.
func (f File) write(path string) error {
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("demo file: %w", err)
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("demo file: %w", err)
	}
	return os.Rename(tmp, path)
}

// announce prints where to look and who to be.
func (d *Demo) announce() {
	f, out := d.file, d.cfg.Out
	rows := [][2]string{{"Portal", f.Portal}, {"REST API", f.API + "  (docs at " + f.Portal + "/docs)"}, {"Gateway", f.Gateway + "  (sandbox, answers as Kong does)"},
		{"OpenStack", f.OpenStack + "/identity/v3  (sandbox)"}, {"vCloud", f.VCloud + "/api  (sandbox)"},
		{"Connector", f.Connector + "  (base URL for vendors' own systems)"}, {"Storefront", f.Storefront + "  (the reseller's)"}, {"Quaderno", f.Quaderno + "  (a vendor's own system: the example connector)"},
		{"Webhooks", f.WebhookSink}, {"Mail", f.Mail}, {"Metrics", f.Admin + "/metrics"}}
	fmt.Fprintf(out, "\nFondaco demo is ready. Everything here is a sandbox: test cards only, and the clock can be advanced.\n\n")
	for _, r := range rows {
		fmt.Fprintf(out, "  %-10s %s\n", r[0], r[1])
	}
	fmt.Fprintf(out, "\nSign in as (password %s):\n\n", password)
	for _, p := range people {
		fmt.Fprintf(out, "  %-10s %s\n", p.role, f.Users[p.role].Email)
	}
	fmt.Fprintf(out, "\nAPI tokens and all addresses: %s\nPress Ctrl-C to stop; start again with the same folder to go on.\n\n", d.path(fileName))
	if d.cfg.Ready != nil {
		d.cfg.Ready(f)
	}
}
