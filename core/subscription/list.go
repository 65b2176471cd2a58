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

// where is the filter as conditions on selectSubscription.
type where struct {
	text string
	args []any
}

func (w *where) add(clause string, args ...any) {
	w.text, w.args = w.text+clause, append(w.args, args...)
}

// anyOf adds a condition for a list, if there is one.
func anyOf[T any](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.add(` AND `+column+` IN (?`+strings.Repeat(`, ?`, len(values)-1)+`)`, args...)
}

func (f Filter) narrow(w *where) {
	statuses := f.Statuses
	if f.Status != "" {
		statuses = append(slices.Clone(statuses), f.Status)
	}
	anyOf(w, `s.status`, statuses)
	anyOf(w, `s.id`, f.IDs)
	for _, c := range []struct {
		column string
		id     int64
	}{{`s.product_id`, f.ProductID}, {`s.customer_id`, f.CustomerID}, {`s.vendor_id`, f.VendorID}, {`s.reseller_id`, f.ResellerID}} {
		if c.id != 0 {
			w.add(` AND `+c.column+` = ?`, c.id)
		}
	}
	if f.Parked {
		w.add(` AND s.parked_reason <> ''`)
	}
	anyOf(w, `p.type`, f.Types)
	if f.Trial != nil {
		is := map[bool]string{true: `=`, false: `<>`}[*f.Trial]
		w.add(` AND s.period_index `+is+` ?`, TrialPeriod)
	}
	f.search(w)
	f.noted(w)
}

// search adds the conditions on texts.
func (f Filter) search(w *where) {
	for word := range strings.FieldsSeq(strings.ToLower(f.Query)) {
		like := "%" + escapeLike.Replace(word) + "%"
		w.add(` AND (LOWER(s.name) LIKE ? ESCAPE '\' OR LOWER(p.name) LIKE ? ESCAPE '\' OR LOWER(pl.name) LIKE ? ESCAPE '\' OR LOWER(c.name) LIKE ? ESCAPE '\')`,
			like, like, like, like)
	}
	// Parameters are kept as compact JSON; a number stands there without quotes.
	for _, name := range slices.Sorted(maps.Keys(f.Parameters)) {
		key, value := jsonText(name), f.Parameters[name]
		text := "%" + escapeLike.Replace(key+":"+jsonText(value)) + "%"
		plain := "%" + escapeLike.Replace(key+":"+value)
		w.add(` AND (s.parameters LIKE ? ESCAPE '\' OR s.parameters LIKE ? ESCAPE '\' OR s.parameters LIKE ? ESCAPE '\')`, text, plain+",%", plain+"}")
	}
}

// noted adds the conditions on metadata.
func (f Filter) noted(w *where) {
	for _, name := range slices.Sorted(maps.Keys(f.Metadata)) {
		w.add(` AND EXISTS (SELECT 1 FROM subscription_metadata m WHERE m.marketplace_id = s.marketplace_id AND m.subscription_id = s.id
			AND m.name = ? AND m.value = ?)`, name, f.Metadata[name])
	}
}

func jsonText(text string) string {
	raw, _ := json.Marshal(text) // a text can always be written
	return string(raw)
}

var escapeLike = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

func list(ctx context.Context, tx *store.Tx, actor account.Actor, f Filter, req page.Request) (page.Page[Subscription], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Subscription]{}, err
	}
	w := &where{args: []any{tx.Marketplace()}}
	w.add(` AND s.id < ?`, before)
	if !actor.SeesAll() {
		w.add(` AND (s.customer_id = ? OR s.vendor_id = ? OR s.reseller_id = ?)`, actor.OrganizationID, actor.OrganizationID, actor.OrganizationID)
	}
	f.narrow(w)
	order := `s.id DESC`
	if f.OldestFirst && req.Number > 0 {
		order = `s.id`
	}
	return store.SelectPage(ctx, tx, req, selectSubscription+w.text, order, w.args, func(s Subscription) int64 { return s.ID })
}
