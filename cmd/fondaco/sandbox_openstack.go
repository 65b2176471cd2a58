package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	cloudapi "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/quotasets"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/openstack/sandbox"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

const openstackAdmin, openstackPassword = "admin", "sandbox-admin-password"

// openstackSandbox is an empty cloud in memory, whose clock stands on a full
// hour of yesterday.
func openstackSandbox(ctx context.Context, line lineFunc) (sandboxed, error) {
	hours := clock.NewManual(clock.System{}.Now().Add(-24 * time.Hour).Truncate(time.Hour))
	cloud, err := sandbox.New(sandbox.Config{Clock: hours, AdminUser: openstackAdmin, AdminPassword: openstackPassword})
	if err != nil {
		return sandboxed{}, err
	}
	url, stop, err := listenLocally(ctx, line(cloud.Handler()))
	if err != nil {
		return sandboxed{}, errors.Join(err, cloud.Close())
	}
	admin := openstackOperator{identity: url + cloud.AuthPath(), hours: hours}
	return sandboxed{subject: admin.subject(), stop: func() error { return errors.Join(stop(), cloud.Close()) }}, nil
}

// openstackOperator is somebody with the cloud's administrator account.
type openstackOperator struct {
	identity string
	hours    *clock.Manual
}

// subject sells pay-as-you-go tenants with ceilings.
func (o openstackOperator) subject() conformance.Subject {
	plan := func(limits object) []byte {
		return document(object{"cloud": "main", "billing": "payAsYouGo", "limits": limits})
	}
	return conformance.Subject{
		Subscription: sdk.Subscription{
			ID: 900_000,
			Settings: document(object{"clouds": object{"main": object{"authUrl": o.identity, "username": openstackAdmin,
				"password": openstackPassword, "region": "RegionOne"}}}),
			Product: document(object{}), Plan: plan(object{"cores": 4}), Parameters: document(object{}),
		},
		OtherPlan:   plan(object{"cores": 8, "diskGb": 100}),
		InvalidPlan: document(object{"cloud": "main", "billing": "sometimes"}),
		Tamper:      o.raiseQuota,
		Use:         o.holdAddress,
	}
}

// login returns the compute and network services, and the tenant's project.
func (o openstackOperator) login(ctx context.Context, sub sdk.Subscription) (compute, network *gophercloud.ServiceClient, project string, err error) {
	provider, err := cloudapi.AuthenticatedClient(ctx, gophercloud.AuthOptions{IdentityEndpoint: o.identity,
		Username: openstackAdmin, Password: openstackPassword, DomainName: "Default", TenantName: "admin"})
	if err != nil {
		return nil, nil, "", err
	}
	region := gophercloud.EndpointOpts{Region: "RegionOne"}
	identity, err := cloudapi.NewIdentityV3(provider, region)
	if err != nil {
		return nil, nil, "", err
	}
	if project, err = o.project(ctx, identity, sub.ID); err != nil {
		return nil, nil, "", err
	}
	if compute, err = cloudapi.NewComputeV2(provider, region); err != nil {
		return nil, nil, "", err
	}
	network, err = cloudapi.NewNetworkV2(provider, region)
	return compute, network, project, err
}

func (openstackOperator) project(ctx context.Context, identity *gophercloud.ServiceClient, id int64) (string, error) {
	name := fmt.Sprintf("fondaco-%d", id)
	pages, err := projects.List(identity, projects.ListOpts{Name: name}).AllPages(ctx)
	if err != nil {
		return "", err
	}
	found, err := projects.ExtractProjects(pages)
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("there are %d projects %s", len(found), name)
	}
	if err != nil {
		return "", err
	}
	return found[0].ID, nil
}

// raiseQuota is an operator who does a customer a favour.
func (o openstackOperator) raiseQuota(ctx context.Context, sub sdk.Subscription) error {
	compute, _, project, err := o.login(ctx, sub)
	if err != nil {
		return err
	}
	return quotasets.Update(ctx, compute, project, quotasets.UpdateOpts{Cores: new(64)}).Err
}

// holdAddress gives the tenant a floating IP for three hours.
func (o openstackOperator) holdAddress(ctx context.Context, sub sdk.Subscription) (from, to time.Time, err error) {
	_, network, project, err := o.login(ctx, sub)
	if err != nil {
		return from, to, err
	}
	from = o.hours.Now()
	err = floatingips.Create(ctx, network, floatingips.CreateOpts{FloatingNetworkID: sandbox.ExternalNetworkID, ProjectID: project}).Err
	return from, o.hours.Advance(3 * time.Hour), err
}
