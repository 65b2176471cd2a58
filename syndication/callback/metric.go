package callback

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/syndication/webhook/send"
)

// HeaderSubscription says whose metric is asked for.
const HeaderSubscription = "CD-Subscription-Id"

// ReadMetric asks for a subscription's metric (metric.ReadFunc).
func (s *Service) ReadMetric(ctx context.Context, marketplace int64, p catalog.Product, m catalog.Metric, subscription int64) (usage.Quantity, error) {
	v, err := s.vendor(ctx, marketplace, p)
	if err != nil {
		return 0, err
	}
	address, err := endpoint(p, m)
	if err != nil {
		return 0, err
	}
	header := s.signature(v, nil)
	for name, value := range s.extra {
		header.Set(name, value)
	}
	header.Set(HeaderSubscription, strconv.FormatInt(subscription, 10))
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	a, err := s.sender.Call(ctx, http.MethodGet, send.Request{URL: address, Header: header, AllowPrivate: v.private})
	if err != nil {
		return 0, err
	}
	return quantity(a)
}

// endpoint is where a metric is asked for: a path is one of the host that is
// told about subscriptions.
func endpoint(p catalog.Product, m catalog.Metric) (string, error) {
	base, err := url.Parse(p.SyndicationURL)
	if err != nil {
		return "", fault.New(fault.Precondition, "The syndication endpoint is no address.")
	}
	at, err := base.Parse(m.Endpoint)
	if err != nil || at.Host == "" {
		return "", fault.New(fault.Precondition, "The metric's endpoint is a path, and the product has no syndication endpoint that it could belong to.")
	}
	return at.String(), nil
}

// quantity reads the answer {"value": 3.0}; other fields are none of ours, and
// more than six decimals are rounded.
func quantity(a send.Answer) (usage.Quantity, error) {
	if a.StatusCode != http.StatusOK {
		return 0, fault.Newf(fault.Unavailable, "The metric's endpoint answered %d %s; 200 is expected.", a.StatusCode, http.StatusText(a.StatusCode))
	}
	var said struct {
		Value json.Number `json:"value"`
	}
	if json.Unmarshal(a.Body, &said) != nil || said.Value == "" {
		return 0, fault.New(fault.Unavailable, `The metric's endpoint answered no number; {"value": 3.0} is expected.`)
	}
	d, err := money.Parse(plain(said.Value))
	if err != nil {
		return 0, fault.Newf(fault.Unavailable, "The metric reads %.40s, which is no usable number.", said.Value)
	}
	q, err := usage.FromDecimal(d.Round(6))
	if err != nil {
		return 0, fault.Newf(fault.Unavailable, "The metric reads %.40s: %v.", said.Value, err)
	}
	return q, nil
}

// plain writes a number without an exponent: some vendors' libraries write
// 1.2E7.
func plain(n json.Number) string {
	f, err := n.Float64()
	if err != nil || !strings.ContainsAny(n.String(), "eE") {
		return n.String()
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
