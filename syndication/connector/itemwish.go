package connector

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// itemValueWish is a range of an item's quantity as a vendor's system prices it.
type itemValueWish struct {
	Item              itemWish `json:"item"`
	Start             int64    `json:"start"`
	End               *int64   `json:"end"`
	Price             amount   `json:"price"`
	Setup             amount   `json:"setup"`
	ProportionalSetup amount   `json:"proportionalSetup"`
	Step              int64    `json:"step"`
}

// itemWish names an item: by reference, or, because items are made by the plans
// that price them, with what it is.
type itemWish struct {
	URL        string `json:"url"`
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
	Unit       string `json:"unit"`
	Type       string `json:"type"`
	ValueType  string `json:"valueType"`
}

// UnmarshalJSON takes the reference alone, too.
func (w *itemWish) UnmarshalJSON(data []byte) error {
	type plain itemWish
	return textOr(data, &w.URL, (*plain)(w))
}

// pricedItem is an item with all of its ranges, lowest first.
type pricedItem struct {
	itemWish
	kind   catalog.ItemKind
	ranges []itemValueWish
}

// fillItems replaces everything that the plan prices.
func fillItems(in *catalog.PlanInput, l catalog.Listing, values []itemValueWish) error {
	items, err := groupItems(l, values)
	if err != nil {
		return err
	}
	before := *in
	in.Resources, in.Meters, in.Endpoints = nil, nil, nil
	for _, i := range items {
		switch i.kind {
		case catalog.QuantityItem:
			err = i.quantity(in, before)
		case catalog.MeterItem:
			err = i.meter(in, before)
		default:
			err = i.endpoint(in, before)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// groupItems brings the ranges of each item together, in the order in which the
// items occur.
func groupItems(l catalog.Listing, values []itemValueWish) ([]*pricedItem, error) {
	var out []*pricedItem
	for n, v := range values {
		if at := slices.IndexFunc(out, func(o *pricedItem) bool { return v.Item.URL == "" && o.Identifier == v.Item.Identifier }); at >= 0 {
			out[at].ranges = append(out[at].ranges, v) // said once what it is
			continue
		}
		i, err := identify(l, v.Item)
		if err != nil {
			return nil, fault.InvalidField(fmt.Sprintf("billingItemValues[%d].item", n), err.Error())
		}
		at := slices.IndexFunc(out, func(o *pricedItem) bool { return o.Identifier == i.Identifier })
		if at < 0 {
			at, out = len(out), append(out, &i)
		}
		out[at].ranges = append(out[at].ranges, v)
	}
	for _, i := range out {
		slices.SortStableFunc(i.ranges, func(a, b itemValueWish) int { return cmp.Compare(a.Start, b.Start) })
		if err := i.check(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// identify finds what an item is: one that the product has, or a new one.
func identify(l catalog.Listing, w itemWish) (pricedItem, error) {
	if w.URL != "" {
		known, err := itemNamed(l, w.URL, billingItems()...)
		return knownItem(l, w, known), err
	}
	if w.Identifier == "" {
		return pricedItem{}, fmt.Errorf("name the item: {\"url\":\"billingItem/5\"}, or an identifier with name, unit and valueType")
	}
	if known, err := itemNamed(l, w.Identifier, billingItems()...); err == nil {
		return knownItem(l, w, known), nil
	}
	switch {
	case l.Product.Type == catalog.API:
		return pricedItem{itemWish: w, kind: catalog.EndpointItem}, nil
	case w.ValueType == itemPrepaid:
		return pricedItem{itemWish: w, kind: catalog.QuantityItem}, nil
	case w.ValueType == itemPayAsGo || w.ValueType == itemPostpaid:
		return pricedItem{itemWish: w, kind: catalog.MeterItem}, nil
	}
	return pricedItem{}, fmt.Errorf("say whether the new item %q is PRE_PAID or PAY_AS_YOU_GO", w.Identifier)
}

// knownItem is an item that the product has; it is charged as it was unless the
// wish says otherwise.
func knownItem(l catalog.Listing, w itemWish, i catalog.Item) pricedItem {
	w.Identifier = i.Identifier
	w.Type = cmp.Or(w.Type, viewItem(catalog.Numbered{Item: i, Listing: l}).Type)
	return pricedItem{itemWish: w, kind: i.Kind}
}

// check refuses ranges with gaps between them.
func (i pricedItem) check() error {
	for n, v := range i.ranges {
		if n == 0 {
			continue
		}
		if end := i.ranges[n-1].End; end == nil || v.Start < *end || v.Start > *end+1 {
			return fault.InvalidField("billingItemValues.start", fmt.Sprintf("The ranges of %s must follow one another without gaps.", i.Identifier))
		}
	}
	return nil
}

// once refuses what an item would cost once.
func (i pricedItem) once() error {
	for _, v := range i.ranges {
		if v.Setup.Sign() != 0 || v.ProportionalSetup.Sign() != 0 {
			return unsupported("billingItemValues.setup", "What an item costs once is not priced here; put it into the plan's setupFee.")
		}
	}
	return nil
}

// shownAs reports whether the ranges are those that we show of something: then
// it stays as it is, with what ranges cannot say.
func (i pricedItem) shownAs(shown []itemValue) bool {
	return slices.EqualFunc(i.ranges, shown, func(v itemValueWish, s itemValue) bool {
		sameEnd := (v.End == nil) == (s.End == nil) && (v.End == nil || *v.End == *s.End)
		return v.Start == s.Start && sameEnd && max(v.Step, 1) == s.Step && v.Price.Equal(s.Price.Decimal) &&
			v.Setup.Equal(s.Setup.Decimal) && v.ProportionalSetup.IsZero()
	})
}

// quantity is an item that is bought in advance: one price, perhaps above what
// is included.
func (i pricedItem) quantity(in *catalog.PlanInput, before catalog.PlanInput) error {
	first, last := i.ranges[0], i.ranges[len(i.ranges)-1]
	r := catalog.PlanResource{Parameter: i.Identifier, Name: i.Name, Unit: i.Unit, Min: first.Start, Step: max(last.Step, 1), UnitPrice: last.Price.Decimal}
	if old, had := (catalog.PlanContent{Resources: before.Resources}).Resource(i.Identifier); had {
		if i.shownAs(quantityRanges(old)) {
			in.Resources = append(in.Resources, old)
			return nil
		}
		r.Name, r.Unit, r.Default = cmp.Or(i.Name, old.Name), cmp.Or(i.Unit, old.Unit), old.Default
	}
	if err := i.once(); err != nil {
		return err
	}
	if last.End != nil {
		r.Max = *last.End
	}
	switch {
	case len(i.ranges) > 2 || len(i.ranges) == 2 && !first.Price.IsZero():
		return unsupported("billingItemValues.price", "A quantity that is bought in advance has one price, perhaps above what is included.")
	case len(i.ranges) == 2:
		r.Included = *first.End
	}
	if r.Default < r.Min || r.Max != 0 && r.Default > r.Max {
		r.Default = r.Min
	}
	in.Resources = append(in.Resources, r)
	return nil
}

func (i pricedItem) meter(in *catalog.PlanInput, before catalog.PlanInput) error {
	m := catalog.PlanMeter{Meter: i.Identifier, Name: i.Name, Unit: i.Unit}
	for _, old := range before.Meters {
		if old.Meter != i.Identifier {
			continue
		}
		if i.shownAs(chargeRanges(old.Charge)) {
			in.Meters = append(in.Meters, old)
			return nil
		}
		m.Name, m.Unit = cmp.Or(i.Name, old.Name), cmp.Or(i.Unit, old.Unit)
	}
	var err error
	m.Charge, err = i.charge()
	in.Meters = append(in.Meters, m)
	return err
}

// endpoint is an operation of an API: included up to a limit of the month, or
// paid by the call.
func (i pricedItem) endpoint(in *catalog.PlanInput, before catalog.PlanInput) error {
	old, had := (catalog.PlanContent{Endpoints: before.Endpoints}).Endpoint(i.Identifier)
	if had && i.shownAs(endpointRanges(old)) {
		in.Endpoints = append(in.Endpoints, old)
		return nil
	}
	e := catalog.PlanEndpoint{Identifier: i.Identifier, Mode: catalog.Included}
	if i.free() {
		if limit := i.ranges[0].End; limit != nil {
			e.Mode, e.Limits = catalog.Prepaid, map[string]int64{"month": *limit}
		}
		in.Endpoints = append(in.Endpoints, e)
		return nil
	}
	charge, err := i.charge()
	e.Mode, e.Charge = catalog.PayPerUse, &charge
	in.Endpoints = append(in.Endpoints, e)
	return err
}

// free reports whether there is one range, for nothing.
func (i pricedItem) free() bool {
	return len(i.ranges) == 1 && i.ranges[0].Price.IsZero() && i.once() == nil
}

// charge is what is paid by use: each range a tier.
func (i pricedItem) charge() (price.Charge, error) {
	if err := i.once(); err != nil {
		return price.Charge{}, err
	}
	if i.ranges[0].Start > 1 {
		return price.Charge{}, fault.InvalidField("billingItemValues.start", fmt.Sprintf("The first range of %s starts at 0 or 1; give what is free a range with the price 0.", i.Identifier))
	}
	out := price.Charge{Model: i.model()}
	for _, v := range i.ranges {
		if v.Step > 1 {
			return price.Charge{}, unsupported("billingItemValues.step", "What is paid by use is counted one by one.")
		}
		t := price.Tier{UnitPrice: v.Price.Decimal}
		if out.Model == price.Stairstep {
			t = price.Tier{FlatPrice: v.Price.Decimal}
		}
		if v.End != nil {
			t.UpTo = new(money.Int(*v.End))
		}
		out.Tiers = append(out.Tiers, t)
	}
	return out, nil
}

func (i pricedItem) model() price.Model {
	switch i.Type {
	case itemVolume:
		return price.Volume
	case itemStairstep:
		return price.Stairstep
	}
	return price.Graduated
}
