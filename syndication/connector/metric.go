package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
)

// metricDocument is how a meter of a product is read at its vendor. Its number
// is that of the billing item.
type metricDocument struct {
	ID                  int64  `json:"id"`
	Self                string `json:"self"`
	BillingItem         *ref   `json:"billingItem"`
	Product             *ref   `json:"product"`
	Type                string `json:"type"`
	Endpoint            string `json:"endpoint"`
	Frequency           string `json:"frequency"`
	Frequence           string `json:"frequence"` // before 20190819
	Counter             bool   `json:"counter"`
	MetricFunction      string `json:"metricFunction"`
	GaugeMetricFunction string `json:"gaugeMetricFunction,omitempty"` // before 20201005
}

func (s *server) metricRoutes() []route {
	const withProduct = "Metrics are written on the product's page of the vendor's space, or in the product's configuration at the marketplace's own API."
	return []route{
		{method: http.MethodGet, path: "applicationMetric", handle: s.listMetrics},
		{method: http.MethodGet, path: "applicationMetric/{id}", handle: s.getMetric},
		{method: http.MethodPost, path: "applicationMetric", handle: notHere(withProduct)},
		{method: http.MethodPut, path: "applicationMetric/{id}", handle: notHere(withProduct)},
		{method: http.MethodDelete, path: "applicationMetric/{id}", handle: notHere(withProduct)},
	}
}

func viewMetric(n catalog.Numbered) metricDocument {
	d, _ := n.Listing.Product.Definition() // what cannot be read measures nothing
	m, _ := d.Metric(n.Item.Identifier)
	out := metricDocument{ID: n.Item.ID, Self: self("applicationMetric", n.Item.ID), BillingItem: refer("billingItem", n.Item.ID),
		Product: refer("product", n.Item.ProductID), Type: "EXTERNAL", Endpoint: m.Endpoint, Frequency: string(m.Frequency),
		Frequence: string(m.Frequency), Counter: m.Counter, MetricFunction: string(m.Of())}
	if !m.Counter {
		out.GaugeMetricFunction = out.MetricFunction
	}
	return out
}

// measured reports whether an item is a meter that its vendor is asked about.
func measured(n catalog.Numbered) bool {
	d, _ := n.Listing.Product.Definition() // what cannot be read measures nothing
	_, is := d.Metric(n.Item.Identifier)
	return is && n.Item.Kind == catalog.MeterItem
}

// metricRefs refer to the metrics of a product, as far as a plan prices them.
func metricRefs(l catalog.Listing) []*ref {
	out := []*ref{}
	for _, i := range l.Items {
		if measured(catalog.Numbered{Item: i, Listing: l}) {
			out = append(out, refer("applicationMetric", i.ID))
		}
	}
	return out
}

// listMetrics lists the metrics of the caller's own products.
func (s *server) listMetrics(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f := catalog.ItemFilter{Kinds: []catalog.ItemKind{catalog.MeterItem}, Own: true}
	if f.ProductID, err = c.whole("productId"); err != nil {
		return answer{}, err
	}
	all, err := s.measured(ctx, c, f)
	return listOf(c, req, slice(req, all), err, viewMetric)
}

// measured reads all metrics: they are few, and which items are measured only
// their products know.
func (s *server) measured(ctx context.Context, c *call, f catalog.ItemFilter) ([]catalog.Numbered, error) {
	var all []catalog.Numbered
	for req := (page.Request{Number: 1, Limit: page.MaxLimit}); ; req.Number++ {
		found, err := s.Catalog.BrowseItems(ctx, c.actor, f, req)
		if err != nil {
			return nil, err
		}
		for _, n := range found.Items {
			if measured(n) {
				all = append(all, n)
			}
		}
		if len(found.Items) < req.Limit {
			return all, nil
		}
	}
}

func (s *server) getMetric(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	n, err := s.Catalog.LookItem(ctx, c.actor, id)
	if err == nil && !(measured(n) && catalog.Edits(c.actor, n.Listing.Product)) {
		err = fault.New(fault.NotFound, "There is no such metric.")
	}
	if err != nil {
		return answer{}, err
	}
	return ok(viewMetric(n)), nil
}
