package openstack

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// totalSteps of Provision and Update.
const totalSteps = 4

// Provision makes project, limits, user and role exist. As a repair it makes
// what is missing again; a suspension stays.
func (p *Provider) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.converge(ctx, "provision", req, progress)
}

// Update moves the limits to the request's plan and parameters. The password,
// what runs, and a suspension stay. Limits below what is in use are refused
// with what is in use.
func (p *Provider) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.converge(ctx, "update", req, progress)
}

func (p *Provider) converge(ctx context.Context, operation string, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	s, err := complete(req.Subscription)
	if err != nil {
		return sdk.Result{}, err
	}
	c, err := idempotency.NewClaim(operation, req)
	if err != nil {
		return sdk.Result{}, err
	}
	w, err := p.begin(ctx, s)
	if err != nil {
		return sdk.Result{}, err
	}
	return w.settle(ctx, c, operation == "provision", progress.OrSilent())
}

// settle compares the cloud with the sale and writes what differs. The user
// gets the role last: nobody works in a project whose limits are not set.
func (w *work) settle(ctx context.Context, c idempotency.Claim, provision bool, progress sdk.Progress) (sdk.Result, error) {
	if _, err := w.seller(); err != nil {
		return sdk.Result{}, err
	}
	progress(1, totalSteps, "Creating the project")
	project, err := w.ensureProject(ctx, c, provision)
	if err != nil {
		return sdk.Result{}, err
	}
	r, err := w.seller() // an existing project may be of another region than today's default
	if err != nil {
		return sdk.Result{}, err
	}
	progress(2, totalSteps, "Setting the limits")
	if err := w.ensureQuotas(ctx, r, project); err != nil {
		return sdk.Result{}, err
	}
	progress(3, totalSteps, "Creating the user")
	nonce, err := w.nonce(ctx, project)
	if err != nil {
		return sdk.Result{}, err
	}
	l := w.provider.loginOf(w.sale, nonce)
	user, err := w.ensureUser(ctx, project, l, provision)
	if err != nil {
		return sdk.Result{}, err
	}
	progress(4, totalSteps, "Giving the user the project")
	if err := w.enableProject(ctx, project, !w.suspended(project)); err != nil {
		return sdk.Result{}, err
	}
	if err := w.identity.put(ctx, w.roleAddress(project, user), nil, nil); err != nil {
		return sdk.Result{}, w.wrap(err, "giving the user the role %s", w.role.Name)
	}
	return w.result(tenant{project, user}, l), nil
}

// seller is the sale's region, with all services that tenants are sold.
func (w *work) seller() (*region, error) {
	r, err := w.session.region(w.plan.Region)
	if err != nil {
		return nil, err
	}
	return r, r.sells()
}

// ensureQuotas sets the limits of the tenant's region, and closes the cloud's
// other regions, which have limits of their own.
func (w *work) ensureQuotas(ctx context.Context, r *region, p *project) error {
	have, err := r.readQuotas(ctx, p.ID)
	if err != nil {
		return err
	}
	want := w.quotas()
	if err := refused(want, have); err != nil {
		return err
	}
	if err := r.writeQuotas(ctx, p.ID, want, have); err != nil {
		return err
	}
	for _, name := range w.regions() {
		if name == w.plan.Region {
			continue
		}
		other, err := w.session.region(name)
		if err != nil {
			return err
		}
		if other.sells() != nil {
			continue // nothing to close where there is nothing to use
		}
		if have, err = other.readQuotas(ctx, p.ID); err != nil {
			return err
		}
		if err := other.writeQuotas(ctx, p.ID, w.closed(), have); err != nil {
			return err
		}
	}
	return nil
}

// result is what the customer gets. An Update does not know the password of a
// user whose login was made with another seed; the marketplace has it.
func (w *work) result(t tenant, l login) sdk.Result {
	a := access{
		name: w.tenantName(), authURL: strings.TrimRight(w.cloud.AuthURL, "/"), project: t.project.Name, projectID: t.project.ID,
		user: t.user.Name, password: l.password, domain: w.domain.Name, region: w.plan.Region,
	}
	credentials := []sdk.Credential{
		{Name: "authUrl", Label: "Identity address", Value: a.authURL},
		{Name: "project", Label: "Project", Value: a.project},
		{Name: "user", Label: "User", Value: a.user},
		{Name: "domain", Label: "Domain", Value: a.domain},
		{Name: "region", Label: "Region", Value: a.region},
	}
	if w.cloud.ExternalNetwork != "" {
		credentials = append(credentials, sdk.Credential{Name: "externalNetwork", Label: "External network", Value: w.cloud.ExternalNetwork})
	}
	if w.cloud.CACert != "" {
		credentials = append(credentials, sdk.Credential{Name: "caCert", Label: "CA certificate", Value: w.cloud.CACert})
	}
	if t.user.Login == l.mark {
		credentials = append(credentials,
			sdk.Credential{Name: "password", Label: "Password", Value: a.password, Secret: true},
			sdk.Credential{Name: "clouds.yaml", Label: "clouds.yaml", Value: a.cloudsYAML(), Secret: true},
			sdk.Credential{Name: "openrc", Label: "openrc", Value: a.openrc(), Secret: true})
	}
	return sdk.Result{
		Resources: t.resources(), Credentials: credentials,
		Endpoints: []sdk.Endpoint{{Identifier: "identity", URL: a.authURL}},
	}
}

func (t tenant) resources() []sdk.Resource {
	var out []sdk.Resource
	if t.project != nil {
		out = append(out, sdk.Resource{Kind: "project", ID: t.project.ID, Name: t.project.Name})
	}
	if t.user != nil {
		out = append(out, sdk.Resource{Kind: "user", ID: t.user.ID, Name: t.user.Name})
	}
	return out
}
