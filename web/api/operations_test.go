package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProgress_isStreamedUntilItIsOverAndGoesOnAfterTheLastEvent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		w.settled(s)
		path := fmt.Sprintf("/subscriptions/%d/provisioning/events", s.subscription)
		a := w.as("customer").get(path).want(200)
		require.Equal(t, "text/event-stream", a.header.Get("Content-Type"))
		events := strings.Split(strings.TrimSpace(a.raw), "\n\n")
		last := events[len(events)-1]
		require.Contains(t, last, "event: done")
		require.Contains(t, last, `"text":"The box is ready"`)
		id := strings.TrimPrefix(strings.Split(last, "\n")[0], "id: ")
		again := w.as("customer").with("Last-Event-ID", id).get(path).want(200)
		require.NotContains(t, again.raw, "event:", "it was seen")
		w.as("stranger").get(path).want(404)
	})
}

func TestProviders_showLimitsAndLanesAndNoSettings(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.settled(w.sold())
		a := w.as("operator").get("/providers").want(200)
		require.EqualValues(t, 8, a.num("items.0.maxInFlight"))
		require.Equal(t, "closed", a.at("items.0.lanes.0.circuit"))
		require.NotContains(t, a.raw, "boxes.json")

		body := obj{"plugin": "example", "productType": "api", "settings": obj{"ingestSecret": "0123456789abcdef"}, "maxInFlight": 65}
		require.Equal(t, []string{"maxInFlight"}, w.as("operator").put("/providers/main", body).want(422).fields())
		body["maxInFlight"] = 64
		refused := w.as("operator").put("/providers/main", body).want(422)
		require.Contains(t, refused.message("settings.file"), "file", "settings that do not work are not kept")
		body["force"] = true
		w.as("operator").put("/providers/main", body).want(200)
		require.EqualValues(t, 64, w.as("operator").get("/providers").num("items.0.maxInFlight"))
	})
}

func TestDrift_isFoundListedAndRepairedOverTheAPI(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s, operator := w.sold(), w.as("operator")
		w.drifted(s)
		d := operator.get(fmt.Sprintf("/drift?open=true&subscriptionId=%d", s.subscription)).want(200)
		require.Equal(t, "changed", d.at("items.0.kind"))
		operator.post(fmt.Sprintf("/drift/%d/remove", d.num("items.0.id")), nil).want(409)
		operator.post(fmt.Sprintf("/drift/%d/acknowledge", d.num("items.0.id")), nil).want(200)
		repaired := operator.post(fmt.Sprintf("/drift/%d/repair", d.num("items.0.id")), nil).want(200)
		require.Equal(t, "repair", repaired.at("action"))
		w.until(func() bool { return len(operator.get("/drift?open=true").want(200).list("items")) == 0 })
		w.until(func() bool { return operator.get("/reconcile-runs").want(200).at("items.0.finishedAt") != nil })
		attempts := operator.get("/provisioning-attempts?status=done&providerId=1").want(200)
		require.Equal(t, "repair", attempts.at("items.0.operation"))
		operator.post(fmt.Sprintf("/provisioning-attempts/%d/cancel", attempts.num("items.0.id")), nil).want(409)
		operator.post("/reconcile", obj{"providerId": 99}).want(404)
	})
}
