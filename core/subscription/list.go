package subscription

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Filter narrows a list; zero values do not.
type Filter struct {
	Status     Status
	Statuses   []Status // any of them
	IDs        []int64  // any of them
	ProductID  int64
	CustomerID int64
	VendorID   int64
	ResellerID int64
	Parked     bool           // only those that billing left to an operator
	Types      []catalog.Type // the product's: any of them
	// Trial, when set, keeps those that are in their free days, or the others.
	Trial *bool
	// Query is part of the name, of the product's, the plan's or the customer's.
	Query string
	// Parameters must all have these values, written as texts.
	Parameters map[string]string
	// Metadata must all have these values.
	Metadata map[string]string
	// OldestFirst turns the order of a list by pages around.
	OldestFirst bool
}

func (f Filter) narrow(w *store.Where) {
	statuses := f.Statuses
	if f.Status != "" {
		statuses = append(slices.Clone(statuses), f.Status)
	}
	store.AnyOf(w, `s.status`, statuses)
	store.AnyOf(w, `s.id`, f.IDs)
	for _, c := range []struct {
		column string
		id     int64
	}{{`s.product_id`, f.ProductID}, {`s.customer_id`, f.CustomerID}, {`s.vendor_id`, f.VendorID}, {`s.reseller_id`, f.ResellerID}} {
		if c.id != 0 {
			w.Add(` AND `+c.column+` = ?`, c.id)
		}
	}
	if f.Parked {
		w.Add(` AND s.parked_reason <> ''`)
	}
	store.AnyOf(w, `p.type`, f.Types)
	if f.Trial != nil {
		is := map[bool]string{true: `=`, false: `<>`}[*f.Trial]
		w.Add(` AND s.period_index `+is+` ?`, TrialPeriod)
	}
	f.search(w)
	f.noted(w)
}

// search adds the conditions on texts.
func (f Filter) search(w *store.Where) {
	for word := range strings.FieldsSeq(f.Query) {
		w.Contains(word, `s.name`, `p.name`, `pl.name`, `c.name`)
	}
	// Parameters are kept as compact JSON; a number stands there without quotes.
	for _, name := range slices.Sorted(maps.Keys(f.Parameters)) {
		key, value := jsonText(name), f.Parameters[name]
		text := "%" + store.Like(key+":"+jsonText(value)) + "%"
		plain := "%" + store.Like(key+":"+value)
		w.Add(` AND (s.parameters LIKE ? ESCAPE '\' OR s.parameters LIKE ? ESCAPE '\' OR s.parameters LIKE ? ESCAPE '\')`, text, plain+",%", plain+"}")
	}
}

// noted adds the conditions on metadata.
func (f Filter) noted(w *store.Where) {
	for _, name := range slices.Sorted(maps.Keys(f.Metadata)) {
		w.Add(` AND EXISTS (SELECT 1 FROM subscription_metadata m WHERE m.marketplace_id = s.marketplace_id AND m.subscription_id = s.id
			AND m.name = ? AND m.value = ?)`, name, f.Metadata[name])
	}
}

func jsonText(text string) string {
	raw, _ := json.Marshal(text) // a text can always be written
	return string(raw)
}

func list(ctx context.Context, tx *store.Tx, actor account.Actor, f Filter, req page.Request) (page.Page[Subscription], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Subscription]{}, err
	}
	w := store.NewWhere(tx.Marketplace())
	w.Add(` AND s.id < ?`, before)
	if !actor.SeesAll() {
		w.Add(` AND (s.customer_id = ? OR s.vendor_id = ? OR s.reseller_id = ?)`, actor.OrganizationID, actor.OrganizationID, actor.OrganizationID)
	}
	f.narrow(w)
	order := `s.id DESC`
	if f.OldestFirst && req.Number > 0 {
		order = `s.id`
	}
	return store.SelectPage(ctx, tx, req, selectSubscription+w.Text, order, w.Args, func(s Subscription) int64 { return s.ID })
}
