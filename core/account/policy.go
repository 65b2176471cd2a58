package account

import (
	"slices"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
)

// Actor is who asks. It is a parameter of every service method, never hidden
// in a context. The zero Actor is nobody.
type Actor struct {
	MarketplaceID  int64
	UserID         int64
	OrganizationID int64
	Kind           Kind
	Role           Role
	Name           string
	Email          string
	Organization   string
	// ResellerID is whose customer the actor is, or on whose storefront a
	// visitor looks around; 0: the marketplace's own.
	ResellerID int64
	Language   string // in which answers are wanted; English when ""
	// Behind is the operator who acts for the person; nil when they act
	// themselves.
	Behind *Operating
}

// Visitor is somebody who has not signed in and looks around: in the
// marketplace itself (reseller 0), or on a reseller's storefront.
func Visitor(marketplace, reseller int64) Actor {
	return Actor{MarketplaceID: marketplace, ResellerID: reseller}
}

// Operating is an operator's person who acts for somebody else.
type Operating struct {
	UserID int64
	Name   string // as the audit trail shows it
}

// SystemActor is the marketplace acting by itself: billing, jobs, plugins.
func SystemActor(marketplace int64) Actor {
	return Actor{MarketplaceID: marketplace, Kind: System, Role: Admin, Name: "system"}
}

// Audit returns the actor as the audit trail and timelines show it.
func (a Actor) Audit() audit.Actor {
	if a.Kind == System {
		return audit.System
	}
	name := a.Name
	if a.Organization != "" {
		name += " (" + a.Organization + ")"
	}
	if a.Behind != nil {
		name += " by " + a.Behind.Name
	}
	return audit.Actor{ID: a.UserID, Name: name}
}

// Right is something an actor may do. This file is the only place that says
// who has which.
type Right string

// The rights.
const (
	EditProducts        Right = "edit products"            // a vendor, its own
	ReviewProducts      Right = "review products"          // approve and reject
	PlaceOrders         Right = "place orders"             // buy for the own organization
	PayInvoices         Right = "pay invoices"             // of the own organization
	SeeInvoices         Right = "see invoices"             // what the own organization got or sold
	SettleInvoices      Right = "mark invoices as paid"    // money that came another way
	CollectInvoices     Right = "collect invoices"         // a seller, its own pro-forma ones
	UseSubscriptions    Right = "use subscriptions"        // read, reveal credentials, change, terminate
	RenewSubscriptions  Right = "renew or upgrade"         // for oneself, or for a customer on its behalf
	EndSubscriptions    Right = "terminate subscriptions"  // of the own organization, bought or sold
	NameSubscriptions   Right = "name subscriptions"       // those of the own organization, bought or sold
	SuspendSubscription Right = "suspend subscriptions"    // block and unblock use
	AdvanceClock        Right = "advance the clock"        // of a sandbox marketplace
	ManageProviders     Right = "manage providers"         // gateways and clouds
	ReplayDeliveries    Right = "replay deliveries"        // of webhooks, to the own endpoints
	ReadAudit           Right = "read the audit trail"     //
	ManageTokens        Right = "manage API tokens"        // the own ones
	SeeWorkspace        Right = "see the operator space"   //
	ManageEndpoints     Right = "manage webhook endpoints" // of the own organization and products
	FulfilSubscriptions Right = "report what was set up"   // a vendor, for what it sold
	ChargeSubscriptions Right = "charge subscriptions"     // a vendor's own lines, for what it sold
	ApproveOrders       Right = "approve orders"           // a vendor's or reseller's own sales
	OrderForCustomers   Right = "order for customers"      // a reseller, for its own
	ManageStorefront    Right = "manage the storefront"    // a reseller's own, with its prices
	Impersonate         Right = "act for other people"     // audited
	BringResellers      Right = "bring resellers"          // into the marketplace
)

// rights is the whole policy by kind of organization.
var rights = map[Kind][]Right{
	Operator: {EditProducts, ReviewProducts, UseSubscriptions, EndSubscriptions, NameSubscriptions, SuspendSubscription, AdvanceClock, ManageProviders,
		ReplayDeliveries, ReadAudit, ManageTokens, PayInvoices, SettleInvoices, SeeWorkspace,
		ManageEndpoints, FulfilSubscriptions, ChargeSubscriptions, ApproveOrders, OrderForCustomers, ManageStorefront, Impersonate, BringResellers,
		SeeInvoices, CollectInvoices, RenewSubscriptions},
	Vendor: {EditProducts, EndSubscriptions, NameSubscriptions, SuspendSubscription, AdvanceClock, ReplayDeliveries, ManageTokens,
		ManageEndpoints, FulfilSubscriptions, ChargeSubscriptions, ApproveOrders, SeeInvoices, CollectInvoices, RenewSubscriptions},
	Customer: {PlaceOrders, PayInvoices, UseSubscriptions, EndSubscriptions, NameSubscriptions, SuspendSubscription, AdvanceClock, ManageTokens,
		ManageEndpoints, ReplayDeliveries, SeeInvoices, RenewSubscriptions},
	Reseller: {PlaceOrders, PayInvoices, UseSubscriptions, EndSubscriptions, NameSubscriptions, SuspendSubscription, AdvanceClock, ManageTokens,
		ManageEndpoints, ReplayDeliveries, ApproveOrders, OrderForCustomers, ManageStorefront, SeeInvoices, CollectInvoices, RenewSubscriptions},
	System: {EditProducts, ReviewProducts, UseSubscriptions, EndSubscriptions, NameSubscriptions, SuspendSubscription, ManageProviders, ReplayDeliveries,
		PlaceOrders, PayInvoices, FulfilSubscriptions, ChargeSubscriptions, ApproveOrders, SeeInvoices, RenewSubscriptions},
}

// notForOthers are the rights that nobody has for somebody else: what is made
// by them would outlive the impersonation.
var notForOthers = []Right{ManageTokens, Impersonate}

// May reports whether the actor has the right.
func (a Actor) May(r Right) bool {
	return slices.Contains(rights[a.Kind], r) && (a.Behind == nil || !slices.Contains(notForOthers, r))
}

// Need returns nil when the actor has the right, Unauthenticated for nobody
// and Forbidden otherwise.
func (a Actor) Need(r Right) error {
	switch {
	case a.May(r):
		return nil
	case a.Kind == "":
		return fault.New(fault.Unauthenticated, "Please sign in, or send a valid API token.")
	default:
		return fault.Newf(fault.Forbidden, "Your account (%s) may not %s.", a.Kind, r).With("user", a.UserID)
	}
}

// SeesAll reports whether the actor sees every organization's things.
func (a Actor) SeesAll() bool { return a.Kind == Operator || a.Kind == System }

// Owns reports whether something of the organization is the actor's to see
// and change: its own, or anything for those who see all.
func (a Actor) Owns(organization int64) bool {
	return a.SeesAll() || (a.OrganizationID != 0 && a.OrganizationID == organization)
}

// NeedOwn returns nil when the actor owns what, and otherwise NotFound: what
// one may not see does not exist.
func (a Actor) NeedOwn(what string, organizations ...int64) error {
	if slices.ContainsFunc(organizations, a.Owns) {
		return nil
	}
	return fault.Newf(fault.NotFound, "There is no such %s.", what)
}
