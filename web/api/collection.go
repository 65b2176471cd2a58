package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/usage"
)

type collectionView struct {
	SubscriptionID int64     `json:"subscriptionId" example:"21"`
	ProviderID     int64     `json:"providerId" example:"1"`
	CollectedUntil time.Time `json:"collectedUntil" doc:"Usage until then is in."`
	LastError      string    `json:"lastError" doc:"Why it goes no further."`
}

func (s *server) collectionRoutes() {
	register(s, route{method: http.MethodGet, path: "/usage-collections", id: "listTroubledCollections", tag: "Operations", summary: "List usage that cannot be fetched",
		description: "Subscriptions whose plugin does not give their usage, furthest behind first. Their bills wait, at most a day. For operators."}, s.listCollections)
}

func (s *server) listCollections(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[list[collectionView]], error) {
	found, err := s.Collector.Troubled(ctx, actor)
	return answer(found, err, func(c []usage.Collection) list[collectionView] {
		return all(c, func(c usage.Collection) collectionView {
			return collectionView{SubscriptionID: c.SubscriptionID, ProviderID: c.ProviderID, CollectedUntil: c.Until, LastError: c.LastError}
		})
	})
}
