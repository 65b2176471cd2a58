package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/provision"
)

// provisioningView is a change to the outside world as operators see it.
type provisioningView struct {
	ProgressView
	ID             int64              `json:"id" example:"31"`
	SubscriptionID int64              `json:"subscriptionId" example:"21"`
	Cloud          string             `json:"cloud" example:"main"`
	Priority       provision.Priority `json:"priority" doc:"1 for customers, 2 for billing, 4 for reconciliation." example:"1"`
	CancelledBy    string             `json:"cancelledBy"`
	CreatedAt      time.Time          `json:"createdAt"`
	CallingSince   *time.Time         `json:"callingSince" doc:"Since when its plugin is at it; null while it is not."`
}

func viewProvisioning(a provision.Attempt) provisioningView {
	return provisioningView{ProgressView: *viewProgress(a), ID: a.ID, SubscriptionID: a.SubscriptionID, Cloud: a.Cloud, Priority: a.Priority,
		CancelledBy: a.CancelledBy, CreatedAt: a.CreatedAt, CallingSince: a.CallingSince}
}

func (s *server) attemptRoutes() {
	register(s, route{method: http.MethodGet, path: "/provisioning-attempts", id: "listAttempts", tag: "Operations", summary: "List provisioning attempts",
		description: "Changes to gateways and clouds, newest first. For operators."}, s.listAttempts)
	register(s, route{method: http.MethodPost, path: "/provisioning-attempts/{id}/cancel", id: "cancelAttempt", tag: "Operations", summary: "Cancel a provisioning attempt",
		description: "One that waits ends at once; one that runs is broken off, and ends a moment later. Either counts as failed. For operators."}, s.cancelAttempt)
	register(s, route{method: http.MethodPost, path: "/provisioning-attempts/{id}/retry", id: "retryAttempt", tag: "Operations", summary: "Try a failed attempt again",
		description: "Makes a new attempt of the same operation. For a subscription that could not be set up, retry the subscription instead. For operators."}, s.retryAttempt)
}

func (s *server) listAttempts(ctx context.Context, actor account.Actor, in *struct {
	Paging
	Status     provision.Status `query:"status" enum:"queued,running,done,failed,superseded"`
	ProviderID int64            `query:"providerId" minimum:"1" maximum:"2147483647"`
}) (*reply[list[provisioningView]], error) {
	found, err := s.Provision.List(ctx, actor, provision.Filter{Status: in.Status, ProviderID: in.ProviderID}, in.request())
	return listOf(found, err, viewProvisioning)
}

func (s *server) cancelAttempt(ctx context.Context, actor account.Actor, in *ByID) (*reply[provisioningView], error) {
	a, err := s.Provision.Cancel(ctx, actor, in.ID)
	return answer(a, err, viewProvisioning)
}

func (s *server) retryAttempt(ctx context.Context, actor account.Actor, in *ByID) (*reply[provisioningView], error) {
	a, err := s.Provision.Again(ctx, actor, in.ID)
	return answer(a, err, viewProvisioning)
}
