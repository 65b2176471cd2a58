package connector

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/rating"
)

func (s *server) invoiceRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "invoice", handle: s.listInvoices},
		{method: http.MethodHead, path: "invoice", handle: s.listInvoices},
		{method: http.MethodGet, path: "invoice/{id}", handle: s.getInvoice},
		{method: http.MethodGet, path: "invoice/{id}/pdf", handle: s.invoicePDF},
		{method: http.MethodPost, path: "invoice/{id}/pdf/regenerate", handle: s.regeneratePDF},
		{method: http.MethodPatch, path: "invoice/{id}/pay", handle: s.payInvoice},
		{method: http.MethodPut, path: "invoice/{id}", handle: s.replaceInvoiceLines},
		{method: http.MethodPatch, path: "invoice/{id}", handle: s.patchInvoice},
	}
}

// invoiceDocument is an invoice, with its old names beside the new.
type invoiceDocument struct {
	ID                  int64             `json:"id"`
	Self                string            `json:"self"`
	Number              string            `json:"number"`
	Company             *ref              `json:"company"`
	Date                *date             `json:"date"`
	Expiration          *date             `json:"expirationDate"`
	Nominee             *ref              `json:"nominee"`
	Total               linePrice         `json:"total"`
	Status              string            `json:"status"`
	Paid                bool              `json:"paid"`
	SelfBilled          bool              `json:"selfBilled"`
	StampDuty           bool              `json:"stampDuty"`
	Cashed              bool              `json:"cashed"`
	Type                string            `json:"type"`
	Product             string            `json:"product"`
	ProductVersion      string            `json:"productVersion"`
	Subscription        *ref              `json:"subscription"`
	Order               *ref              `json:"order,omitempty"`
	Reseller            *ref              `json:"reseller,omitempty"`
	Entries             []line            `json:"entries"`
	PaymentReference    string            `json:"paymentReference,omitempty"`
	PaymentReceived     *date             `json:"paymentReceived,omitempty"`
	CurrencyConversion  map[string]amount `json:"currencyConversion"`
	AvailableOperations []string          `json:"availableOperations"`
	TotalPrice          amount            `json:"totalPrice"`
	PriceExcludingVAT   amount            `json:"priceExcludingVAT"`
	VATSpunOff          amount            `json:"vatSpunOff"`
	VAT                 amount            `json:"vat"`
}

// lineTypes are the kinds of lines in the contract's words.
var lineTypes = map[rating.Kind]string{
	rating.KindSetup: "SETUPFEE", rating.KindRecurring: "CONFIGURATION", rating.KindResource: "BILLINGITEMCOST", rating.KindUsage: "BILLINGITEMCOST",
	rating.KindRefund: "REFUND", rating.KindUpgrade: "CONFIGURATION", rating.KindDiscount: "COUPONDISCOUNT", rating.KindCustom: "CUSTOM",
	rating.KindOneShot: "ONESHOTCOST", rating.KindCharge: "RECURRINGCOST", rating.KindTax: "CUSTOM", rating.KindAdjustment: "BILLINGITEMCOST",
}

// billedSub is what an invoice's document shows of its subscription.
type billedSub struct {
	subscription.Subscription
	nominee int64 // the customer's person
}

func (s *server) billedSubs(ctx context.Context, c *call, all []invoice.Invoice) (map[int64]billedSub, error) {
	out := map[int64]billedSub{}
	err := s.DB.View(ctx, c.actor.MarketplaceID, func(tx *store.Tx) error {
		for _, inv := range all {
			if _, known := out[inv.SubscriptionID]; known {
				continue
			}
			sub, err := subscription.ByID(ctx, tx, inv.SubscriptionID)
			if err != nil {
				return err
			}
			_, placedBy, err := order.IDsOf(ctx, tx, []int64{sub.ID})
			if err != nil {
				return err
			}
			nominee, err := account.ContactOf(ctx, tx, sub.CustomerID, placedBy[sub.ID])
			if err != nil {
				return err
			}
			out[sub.ID] = billedSub{sub, nominee}
		}
		return nil
	})
	return out, err
}

func viewInvoice(actor account.Actor, inv invoice.Invoice, of billedSub) invoiceDocument {
	d := invoiceDocument{ID: inv.ID, Self: self("invoice", inv.ID), Number: inv.Number, Company: refer("company", of.VendorID),
		Date: at(&inv.IssuedAt), Expiration: at(&inv.DueAt), Nominee: refer("user", of.nominee),
		Total:  linePrice{Price: amount{inv.Net}, Currency: inv.Currency, VAT: amount{inv.TaxPercent}, VATSpunOff: amount{inv.Tax}, Total: amount{inv.Total}},
		Status: invoiceStatuses[inv.Status], Paid: inv.Status == invoice.Paid, SelfBilled: inv.SelfBilled(), Cashed: inv.Type == order.Cashed,
		Type: invoiceType(inv), Product: inv.Snapshot.Product, ProductVersion: inv.Snapshot.Plan, Subscription: refer("subscription", inv.SubscriptionID),
		Order: refer("order", inv.OrderID), Reseller: refer("reseller", of.Reseller()), Entries: []line{}, PaymentReference: inv.Reference,
		PaymentReceived: at(inv.PaidAt), CurrencyConversion: map[string]amount{}, AvailableOperations: invoiceOperations(actor, inv),
		TotalPrice: amount{inv.Total}, PriceExcludingVAT: amount{inv.Net}, VATSpunOff: amount{inv.Tax}, VAT: amount{inv.TaxPercent}}
	for _, l := range inv.Lines {
		d.Entries = append(d.Entries, viewLine(inv, l).shownTo(actor, of.Subscription))
	}
	return d
}

// invoiceType is the type of its order; a period's is that of the renewal.
func invoiceType(inv invoice.Invoice) string {
	if inv.OrderID == 0 {
		return "MONTHLY"
	}
	return orderTypes[inv.Type]
}

// lineDecimals is how exact a unit's price is that was computed of its line.
const lineDecimals = 6

func viewLine(inv invoice.Invoice, l invoice.Line) line {
	identifier := l.Identifier
	if identifier == "" {
		identifier = l.Meter
	}
	purchased := l.PeriodStart
	if purchased == nil {
		purchased = &inv.IssuedAt
	}
	one := l.UnitPrice
	if one.IsZero() && l.Quantity.Sign() > 0 { // a part of a period's price, which has no unit's
		one = l.Amount.Quo(l.Quantity).Round(lineDecimals)
	}
	out := priced{kind: lineTypes[l.Kind], description: l.Description, identifier: identifier, unit: l.Unit, quantity: l.Quantity, unitPrice: one,
		subtotal: l.Amount, currency: inv.Currency, taxPercent: inv.TaxPercent, purchased: purchased, tags: l.Tags.Map, platformCost: l.PlatformCost}.line()
	out.ID, out.Invoice = l.ID, refer("invoice", inv.ID)
	return out
}

func invoiceOperations(actor account.Actor, inv invoice.Invoice) []string {
	if inv.Status == invoice.Draft {
		return []string{"REISSUE"}
	}
	out := []string{"PDF"}
	if inv.Status != invoice.Unpaid {
		return out
	}
	if actor.May(account.SettleInvoices) || (inv.SelfBilled() && actor.May(account.CollectInvoices)) {
		out = append(out, "PAID")
	}
	if actor.May(account.PayInvoices) {
		out = append(out, "PAY")
	}
	return out
}

func (s *server) getInvoice(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	return s.invoice(ctx, c, id)
}

func (s *server) invoice(ctx context.Context, c *call, id int64) (answer, error) {
	inv, err := s.Invoices.Get(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	of, err := s.billedSubs(ctx, c, []invoice.Invoice{inv})
	return ok(viewInvoice(c.actor, inv, of[inv.SubscriptionID])), err
}

func (s *server) listInvoices(ctx context.Context, c *call) (answer, error) {
	req, f, err := s.invoiceFilter(ctx, c)
	if err != nil {
		return answer{}, err
	}
	f.WithLines = c.r.Method != http.MethodHead
	found, err := s.Invoices.List(ctx, c.actor, f, req)
	if err != nil {
		return answer{}, err
	}
	of, err := s.billedSubs(ctx, c, found.Items)
	return listOf(c, req, found, err, func(inv invoice.Invoice) invoiceDocument { return viewInvoice(c.actor, inv, of[inv.SubscriptionID]) })
}

func (s *server) invoiceFilter(ctx context.Context, c *call) (req page.Request, f invoice.Filter, err error) {
	if req, err = c.page(); err != nil {
		return req, f, err
	}
	for name, id := range map[string]*int64{"subscriptionId": &f.SubscriptionID, "company": &f.VendorID} {
		if *id, err = c.whole(name); err != nil {
			return req, f, err
		}
	}
	nominee, err := c.whole("nominee")
	if err == nil && nominee != 0 {
		_, o, wrong := s.Subscriptions.Person(ctx, c.actor, nominee)
		f.CustomerID, err = o.ID, wrong
	}
	if err != nil {
		return req, f, err
	}
	if f.From, err = c.instant("from"); err != nil {
		return req, f, err
	}
	if f.Until, err = c.untilDay("to"); err != nil {
		return req, f, err
	}
	now, err := s.DB.Now(ctx, c.actor.MarketplaceID)
	if err != nil {
		return req, f, err
	}
	return req, f, c.invoiceStates(now, &f)
}

// untilDay is a date of which the whole day is meant: the instant after it.
func (c *call) untilDay(name string) (*time.Time, error) {
	t, err := c.instant(name)
	if err != nil || t == nil || len(c.value(name)) > len(time.DateOnly) {
		return t, err
	}
	return new(t.AddDate(0, 0, 1)), nil
}

// invoiceStates reads what an invoice must be.
func (c *call) invoiceStates(now time.Time, f *invoice.Filter) error {
	var noStatus, noType bool
	f.Statuses, noStatus = named(invoiceStatuses, c.values("status"))
	f.Types, noType = named(orderTypes, c.values("type"))
	flags := map[string]func(bool){
		"paid": func(is bool) {
			f.Status = map[bool]invoice.Status{true: invoice.Paid, false: invoice.Unpaid}[is]
		},
		"expired": func(is bool) {
			if is {
				f.Status, f.DueBefore = invoice.Unpaid, &now
			}
		},
		"selfBilled": func(is bool) { f.SelfBilled = is },
	}
	for name, set := range flags {
		is, err := c.flag(name)
		if err != nil {
			return err
		}
		if is != nil {
			set(*is)
		}
	}
	if noStatus || noType {
		f.SubscriptionID = -1 // what is not here has no invoices
	}
	return nil
}

// payInvoice records that the money came another way.
func (s *server) payInvoice(ctx context.Context, c *call) (answer, error) {
	var in struct{ Reference string }
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	return done(s.Invoices.MarkPaidBy(ctx, c.actor, id, in.Reference))
}

func (s *server) invoicePDF(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	file, name, err := s.Invoices.PDF(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	c.w.Header().Set("Content-Disposition", `inline; filename="`+name+`"`)
	return answer{status: http.StatusOK, raw: file, contentType: "application/pdf"}, nil
}

// regeneratePDF does nothing: the file is made anew for each reader.
func (s *server) regeneratePDF(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	_, err = s.Invoices.Get(ctx, c.actor, id)
	return done(err)
}
