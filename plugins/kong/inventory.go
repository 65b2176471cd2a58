package kong

import (
	"context"
	"encoding/json"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Inventory lists the consumers with our tags. Services and routes belong to
// products, not to a sale, and stay.
func (p *Provider) Inventory(ctx context.Context, settings json.RawMessage) ([]sdk.Owned, error) {
	s, problems := parse(sdk.Subscription{Settings: settings})
	if len(problems) > 0 {
		return nil, problems.Err()
	}
	c, err := p.connect(s)
	if err != nil {
		return nil, err
	}
	consumers, err := all(ctx, kong.ListOpt{Tags: kong.StringSlice(gatewaylog.Tag)}, c.kong.Consumers.List)
	if err != nil {
		return nil, c.wrap(err, "listing the consumers")
	}
	var owned []sdk.Owned
	for _, consumer := range consumers {
		if id, ok := gatewaylog.SubscriptionOf(values(consumer.Tags)); ok {
			owned = append(owned, sdk.Owned{SubscriptionID: id, Resources: []sdk.Resource{
				{Kind: "consumer", ID: value(consumer.ID), Name: value(consumer.Username)}}})
		}
	}
	return owned, nil
}
