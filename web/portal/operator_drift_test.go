package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

// compareNow reconciles everything by the button and waits for it.
func (m *market) compareNow(o *browser) {
	m.t.Helper()
	o.open("/operator/drift")
	o.follow("Reconcile now")
	o.has("Compare everything with what was sold?")
	o.submit("main form", nil)
	o.has("The comparison has begun.")
	m.idle()
	o.open("/operator/drift/runs")
	o.has("Everything", "Done")
}

func TestDrift_isSaidInWordsAndRepaired(t *testing.T) {
	m := setup(t)
	sub := m.project()
	o := m.as(m.operator)
	o.open("/operator/drift")
	o.has("Everything is as it was sold")
	m.cloud.set(sub.ID, &project{Cores: 8, MemoryGb: 8})
	m.compareNow(o)
	o.open("/operator")
	o.has("Not as sold", "Cores: sold 4, found 8", "Lagoon Cloud for Acme")
	o.open("/operator/drift?kind=changed&provider=2&product=" + id(sub.ProductID))
	o.has("Cores: sold 4, found 8", "Acme", "clouds", "Open")
	o.open("/operator/drift?kind=missing")
	o.has("Nothing matches")
	o.open("/operator/drift?product=" + id(m.product.ID))
	o.has("Nothing matches")

	o.open("/operator/drift")
	o.follow("Repair")
	o.has("Repair: Lagoon Cloud for Acme?", "Cores: sold 4, found 8.", "made again as it was sold")
	o.submit("main form", nil)
	o.has("It is being made as it was sold.")
	m.idle()
	o.open("/operator/drift")
	o.has("Everything is as it was sold")
	o.open("/operator/drift?state=all")
	o.has("Cores: sold 4, found 8", "Repaired")
	require.Zero(t, o.doc.Find("main td.end a").Length(), "nothing to do about what is gone")
}

func TestDrift_orphansAreRemovedAfterAQuestion(t *testing.T) {
	m := setup(t)
	m.project()
	m.cloud.set(999, &project{Cores: 1})
	o := m.as(m.operator)
	m.compareNow(o)
	o.open("/operator/drift?kind=orphaned")
	o.has("Left over of subscription 999", "nobody")
	require.Zero(t, o.doc.Find("main a[href$='/repair']").Length(), "an orphan cannot be repaired")
	o.follow("Remove orphan")
	o.has("This cannot be undone.", "Left over of subscription 999")
	o.submit("main form", nil)
	m.idle()
	m.cloud.mu.Lock()
	require.NotContains(t, m.cloud.projects, int64(999))
	m.cloud.mu.Unlock()
	o.open("/operator/drift?state=all")
	o.has("Removed")
	o.open("/operator/drift/1/explode")
	require.Equal(t, http.StatusNotFound, o.status)
	o.open("/operator/drift/77/repair")
	require.Equal(t, http.StatusNotFound, o.status)
}

func TestDrift_whatIsLeftAsItIsSaysByWhom(t *testing.T) {
	m := setup(t)
	sub := m.project()
	m.cloud.set(sub.ID, nil)
	o := m.as(m.operator)
	m.compareNow(o)
	o.open("/operator/drift")
	o.has("Project: sold fondaco-" + id(sub.ID) + ", not found")
	o.follow("Leave it as it is")
	o.submit("main form", nil)
	o.has("Left as it is", "by Operator")
}

func TestProvisioning_showsWhatIsUnderWayAndCancelsIt(t *testing.T) {
	m := setup(t)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	m.cloud.change(func(c *cloud) { c.hold = hold })
	m.orderProject()
	o := m.as(m.operator)
	require.Eventually(t, func() bool {
		o.open("/operator/provisioning?status=running")
		return strings.Contains(o.text("main"), "step 2 of 3: Setting quotas")
	}, 10*time.Second, 50*time.Millisecond)
	o.has("Lagoon Cloud", "Acme", "Running", "clouds main", "1 of 8", "Calls go through")
	o.accessible()

	o.follow("Cancel")
	o.has("Lagoon Cloud for Acme?", "It counts as failed")
	o.submit("main form", nil)
	o.has("The attempt is being cancelled.")
	require.Eventually(t, func() bool {
		o.open("/operator/provisioning?status=failed")
		return strings.Contains(o.text("main"), "Failed") && !strings.Contains(o.text("main"), "Nothing matches")
	}, 10*time.Second, 100*time.Millisecond)
	o.follow("Look at it")
	o.has("Setup failed")
	o.open("/operator")
	o.has("Setting up failed")
}

func TestProvisioning_saysWhichCloudIsHeldUp(t *testing.T) {
	m := setup(t)
	m.cloud.change(func(c *cloud) { c.refuse = sdk.Transient(nil, "The cloud main does not answer.") })
	m.orderProject()
	o := m.as(m.operator)
	require.Eventually(t, func() bool { o.open("/operator"); return strings.Contains(o.text("main"), "Clouds held up") }, 30*time.Second, 200*time.Millisecond)
	o.has("clouds main", "The cloud main does not answer.")
	o.open("/operator/providers")
	o.has("Held up")
	o.open("/operator/providers/2")
	o.has("Held up", "The cloud main does not answer.")
}

func TestProvisioning_isStreamed(t *testing.T) {
	m := setup(t)
	m.buy(m.plan.ID)
	o := m.as(m.operator)
	req, err := http.NewRequestWithContext(m.ctx, http.MethodGet, m.url+"/operator/provisioning/events?status=done", nil)
	require.NoError(t, err)
	res, err := o.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	begin := make([]byte, len("event: work\n"))
	_, err = res.Body.Read(begin)
	require.NoError(t, err)
	require.Equal(t, "event: work\n", string(begin))
}

func TestQueue_namesUsageThatCannotBeFetched(t *testing.T) {
	m := setup(t)
	_, _, metered := m.clouds()
	sub := m.buy(metered.ID)
	m.cloud.change(func(c *cloud) { c.deaf = sdk.Permanent("No metering today.") })
	o := m.as(m.operator)
	o.submit("form.clock", url.Values{"by": {"1d"}})
	o.open("/operator")
	o.has("Usage that cannot be fetched", "Usage of subscription "+id(sub.ID), "No metering today.")
}
