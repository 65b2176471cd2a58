package portal

import (
	"fmt"
	"strings"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// hookBadge says whether an endpoint is told of what happens.
func hookBadge(e webhook.Endpoint) badge {
	switch {
	case !e.Enabled:
		return badge{ui.Bad, "Disabled"}
	case e.FailingSince != nil:
		return badge{ui.Warn, "Failing"}
	}
	return badge{ui.Good, "Enabled"}
}

func formatWord(f webhook.Format) string {
	switch f {
	case webhook.CloudEvents:
		return "CloudEvents, structured"
	case webhook.CloudEventsBinary:
		return "CloudEvents, binary"
	}
	return "Connector notification"
}

func formatOptions() []ui.Option {
	var all []ui.Option
	for _, f := range webhook.Formats {
		all = append(all, ui.Option{Value: string(f), Label: formatWord(f)})
	}
	return all
}

// recipientOptions are whom an operator can make an endpoint for.
func recipientOptions() []ui.Option {
	return []ui.Option{{Value: string(webhook.ToPlatform), Label: "The marketplace: everything"},
		{Value: string(webhook.ToVendor), Label: "A vendor: what it sold"}, {Value: string(webhook.ToProduct), Label: "A product: its subscriptions"},
		{Value: string(webhook.ToReseller), Label: "A reseller: what it resold"}, {Value: string(webhook.ToCustomer), Label: "A customer: what it bought"}}
}

// testEntities are what a test event can be about.
func testEntities() []ui.Option {
	return []ui.Option{{Value: event.Subscription, Label: "Subscription"}, {Value: event.Invoice, Label: "Invoice"},
		{Value: event.ProductVersion, Label: "Product version"}, {Value: event.User, Label: "User"}, {Value: event.Cart, Label: "Cart"}}
}

func testTypes() []ui.Option {
	return []ui.Option{{Value: string(event.Created), Label: "Created"}, {Value: string(event.Modified), Label: "Modified"}, {Value: string(event.Deleted), Label: "Deleted"}}
}

// replayStatuses are the deliveries that can be sent again as a group.
func replayStatuses() []ui.Option {
	all := []ui.Option{{Label: "Whatever became of them"}}
	for _, s := range []webhook.Status{webhook.Dead, webhook.Superseded, webhook.Delivered} {
		all = append(all, ui.Option{Value: string(s), Label: deliveryBadge(webhook.Delivery{Status: s}).Word})
	}
	return all
}

// aboutDelivery names what a delivery is about: "subscription 12".
func aboutDelivery(d webhook.Delivery) string {
	switch {
	case d.Test():
		return "a test"
	case d.SubscriptionID != 0 && d.Entity == event.Subscription:
		return fmt.Sprintf("subscription %d", d.SubscriptionID)
	}
	return fmt.Sprintf("%s %d", strings.ToLower(wordsOf(d.Entity)), d.EntityID)
}

// wordsOf is an entity as people write it.
func wordsOf(entity string) string {
	for _, o := range testEntities() {
		if o.Value == entity {
			return o.Label
		}
	}
	return entity
}
