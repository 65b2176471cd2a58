package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/reconcile"
)

type driftView struct {
	ID             int64                `json:"id" example:"5"`
	Provider       reference            `json:"provider"`
	SubscriptionID int64                `json:"subscriptionId" doc:"Of an orphan: the number in its mark." example:"21"`
	Kind           reconcile.Kind       `json:"kind" enum:"missing,extra,changed,orphaned"`
	Subject        string               `json:"subject" example:"cores"`
	Want           string               `json:"want" example:"4"`
	Have           string               `json:"have" example:"8"`
	FirstSeen      time.Time            `json:"firstSeen"`
	LastSeen       time.Time            `json:"lastSeen"`
	AcknowledgedBy string               `json:"acknowledgedBy" doc:"Who said to leave it as it is."`
	Action         reconcile.Action     `json:"action" enum:",repair,bill,remove" doc:"What is being done about it."`
	Actions        int                  `json:"actions" doc:"How often." example:"1"`
	Note           string               `json:"note" doc:"Why that did not help."`
	ResolvedAt     *time.Time           `json:"resolvedAt" doc:"When it was gone; null while it is so."`
	Resolution     reconcile.Resolution `json:"resolution" enum:",repaired,vanished,billed,removed"`
}

func viewDrift(d reconcile.Drift) driftView {
	return driftView{ID: d.ID, Provider: refer(d.ProviderID, d.Provider), SubscriptionID: d.SubscriptionID, Kind: d.Kind, Subject: d.Subject,
		Want: d.Want, Have: d.Have, FirstSeen: d.FirstSeen, LastSeen: d.LastSeen, AcknowledgedBy: d.AcknowledgedBy, Action: d.Action,
		Actions: d.Actions, Note: d.Note, ResolvedAt: d.ResolvedAt, Resolution: d.Resolution}
}

type runView struct {
	ID             int64      `json:"id" example:"9"`
	ProviderID     *int64     `json:"providerId" doc:"null when it compares all."`
	SubscriptionID *int64     `json:"subscriptionId" doc:"null when it compares more than one."`
	StartedBy      string     `json:"startedBy" example:"the clock"`
	StartedAt      time.Time  `json:"startedAt"`
	FinishedAt     *time.Time `json:"finishedAt" doc:"null while it goes on."`
	Checked        int        `json:"checked" doc:"Subscriptions that were looked at." example:"120"`
	Found          int        `json:"found" doc:"Differences seen for the first time." example:"2"`
	Resolved       int        `json:"resolved" doc:"Differences that were gone." example:"1"`
	Repaired       int        `json:"repaired" doc:"Repairs that were started." example:"1"`
	Failed         int        `json:"failed" doc:"Subscriptions that could not be looked at." example:"0"`
	LastError      string     `json:"lastError"`
}

func viewRun(r reconcile.Run) runView {
	return runView{ID: r.ID, ProviderID: r.ProviderID, SubscriptionID: r.SubscriptionID, StartedBy: r.StartedBy, StartedAt: r.StartedAt,
		FinishedAt: r.FinishedAt, Checked: r.Checked, Found: r.Found, Resolved: r.Resolved, Repaired: r.Repaired, Failed: r.Failed, LastError: r.LastError}
}

type reconcileRequest struct {
	ProviderID     int64 `json:"providerId,omitempty" doc:"Only what this provider made." example:"1"`
	SubscriptionID int64 `json:"subscriptionId,omitempty" doc:"Only this subscription."`
}

func (s *server) driftRoutes() {
	register(s, route{method: http.MethodGet, path: "/drift", id: "listDrift", tag: "Operations", summary: "List drift",
		description: "Where what exists is not what was sold, newest first. For operators."}, s.listDrift)
	for _, m := range []struct {
		verb, id, summary, description string
		do                             func(context.Context, account.Actor, int64) (reconcile.Drift, error)
	}{
		{"repair", "repairDrift", "Repair a drift", "Makes the subscription as it was sold, in the background.", s.Reconcile.Repair},
		{"remove", "removeOrphan", "Remove an orphan", "Removes everything that carries its number, in the background.", s.Reconcile.RemoveOrphan},
		{"acknowledge", "acknowledgeDrift", "Leave a drift as it is", "Nothing is done about it by itself any more.", s.Reconcile.Acknowledge},
	} {
		register(s, route{method: http.MethodPost, path: "/drift/{id}/" + m.verb, id: m.id, tag: "Operations", summary: m.summary,
			description: m.description + " For operators."},
			func(ctx context.Context, actor account.Actor, in *ByID) (*reply[driftView], error) {
				d, err := m.do(ctx, actor, in.ID)
				return answer(d, err, viewDrift)
			})
	}
	register(s, route{method: http.MethodPost, path: "/reconcile", id: "reconcile", tag: "Operations", summary: "Compare now",
		description: "Compares what was sold with what exists, in the background: all of it, one provider's or one subscription. For operators.",
		status:      http.StatusAccepted, example: `{"providerId":1}`}, s.reconcile)
	register(s, route{method: http.MethodGet, path: "/reconcile-runs", id: "listReconcileRuns", tag: "Operations", summary: "List comparisons",
		description: "Newest first. For operators."}, s.listRuns)
	register(s, route{method: http.MethodGet, path: "/reconcile-runs/{id}", id: "getReconcileRun", tag: "Operations", summary: "Read a comparison",
		description: "For operators."}, s.getRun)
}

func (s *server) listDrift(ctx context.Context, actor account.Actor, in *struct {
	Paging
	Open           bool           `query:"open" doc:"Only what is still so."`
	Kind           reconcile.Kind `query:"kind" enum:"missing,extra,changed,orphaned"`
	ProviderID     int64          `query:"providerId" minimum:"1" maximum:"2147483647"`
	SubscriptionID int64          `query:"subscriptionId" minimum:"1" maximum:"2147483647"`
}) (*reply[list[driftView]], error) {
	found, err := s.Reconcile.List(ctx, actor, reconcile.Filter{Open: in.Open, Kind: in.Kind, ProviderID: in.ProviderID, SubscriptionID: in.SubscriptionID}, in.request())
	return listOf(found, err, viewDrift)
}

func (s *server) reconcile(ctx context.Context, actor account.Actor, in *struct{ Body body[reconcileRequest] }) (*reply[runView], error) {
	scope, err := read(&in.Body, func(r reconcileRequest, c *fault.Check) reconcile.Scope {
		c.That(r.ProviderID >= 0 && r.ProviderID <= math.MaxInt32, "providerId", "There is no such provider.")
		c.That(r.SubscriptionID >= 0 && r.SubscriptionID <= math.MaxInt32, "subscriptionId", "There is no such subscription.")
		return reconcile.Scope{ProviderID: r.ProviderID, SubscriptionID: r.SubscriptionID}
	})
	if err != nil {
		return nil, err
	}
	r, err := s.Reconcile.ReconcileNow(ctx, actor, scope)
	return answer(r, err, viewRun)
}

func (s *server) listRuns(ctx context.Context, actor account.Actor, in *Paging) (*reply[list[runView]], error) {
	found, err := s.Reconcile.Runs(ctx, actor, in.request())
	return listOf(found, err, viewRun)
}

func (s *server) getRun(ctx context.Context, actor account.Actor, in *ByID) (*reply[runView], error) {
	r, err := s.Reconcile.Run(ctx, actor, in.ID)
	return answer(r, err, viewRun)
}
