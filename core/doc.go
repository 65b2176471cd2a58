/*
Package core is the marketplace itself. To find your way, follow an order; each
step is one transaction, and the job it leaves behind is worked after the commit.

 1. [github.com/fondaco/fondaco/core/catalog]: a vendor's product went from draft over
    review to published. Its plan is a chain of immutable revisions. Its type is
    api, one that a plugin brings, and the plugin's schemas say what can be configured and sold, or one that
    its vendor sets up and describes.
 2. [github.com/fondaco/fondaco/core/order]: Place prices the plan with the code that will bill it
    ([github.com/fondaco/fondaco/pricing/rating]) and writes order, subscription and first invoice together.
    Before that the plugin, or the vendor ([github.com/fondaco/fondaco/syndication/callback]), says whether it can be.
    An order that needs approval, or is for a later day, waits before it is priced and billed.
    Several are ordered together from a [github.com/fondaco/fondaco/core/cart]. On the host of a reseller's
    [github.com/fondaco/fondaco/core/storefront] the revision is the reseller's, with the prices of its
    [github.com/fondaco/fondaco/pricing/pricelist]; from then on such a sale is like any other.
 3. [github.com/fondaco/fondaco/pricing/payment]: Pay charges the card outside any transaction and then
    marks the invoice paid ([github.com/fondaco/fondaco/pricing/invoice], MarkPaid).
 4. [github.com/fondaco/fondaco/core/subscription]: Paid moves it to pending, begins its period and asks for provisioning.
 5. [github.com/fondaco/fondaco/core/provision]: the worker commits "began", calls the plugin
    ([github.com/fondaco/fondaco/plugins/sdk]) outside any transaction with the attempt as idempotency key,
    and commits what exists; the subscription is active. What vendors set up themselves goes to
    [github.com/fondaco/fondaco/core/fulfilment] instead: the vendor's system is told by an event (step 9), reads the
    subscription through [github.com/fondaco/fondaco/syndication/connector], sets it up, and reports there; the
    report makes it active. [github.com/fondaco/fondaco/syndication/connector/example] is such a system.
 6. [github.com/fondaco/fondaco/web/ingest]: the gateway's log batches come in, and
    [github.com/fondaco/fondaco/core/usage] counts every request once, in its hour. From clouds, usage's Collector
    fetches what ran, window by window, each once; [github.com/fondaco/fondaco/core/metric] reads what vendors measure.
 7. [github.com/fondaco/fondaco/core/reconcile]: beside all this, what was sold is compared with what exists,
    provider by provider; by the product's policy a drift is reported, repaired, or billed as a resize.
 8. [github.com/fondaco/fondaco/pricing/invoice]: Run finds the period that ended, rates its usage, writes the
    invoice and moves the period on, in one transaction.
 9. [github.com/fondaco/fondaco/core/event]: every step appended an event. After the commit it is told in
    batches: [github.com/fondaco/fondaco/syndication/webhook] writes a delivery for the endpoint of each whom it concerns
    (marketplace, vendor, reseller, customer) and signs and sends it until it is answered, and
    [github.com/fondaco/fondaco/core/notify] writes the e-mails.

Below all of them stand the words (fault, clock, page, recent, secret) and the ground (store, jobs, event, audit). Who may do
what is in core/account/policy.go and nowhere else. [github.com/fondaco/fondaco/internal/app] connects everything.
*/
package core
