package connectors

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// notificationDTO is an event as Jackson reads it: an id that is text is a
// number to it.
type notificationDTO struct {
	Entity    string     `json:"entity"`
	ID        coerced    `json:"id"`
	EntityURL string     `json:"entityUrl"`
	Type      Lifecycle  `json:"type"`
	Date      *Date      `json:"date"`
	EventID   *coerced   `json:"eventId"`
	Metadata  *stringMap `json:"metadata"`
}

// SubscriptionDTO is the newest shape of a subscription.
type SubscriptionDTO struct {
	ID                      int64              `json:"id"`
	Self                    string             `json:"self"`
	Name                    string             `json:"name"`
	Type                    string             `json:"type"`
	DeploymentStatus        DeploymentStatus   `json:"deploymentStatus"`
	Paid                    bool               `json:"paid"`
	AutoRenew               bool               `json:"autoRenew"`
	StartDate               *Date              `json:"startDate"`
	EndDate                 *Date              `json:"endDate"`
	CreatedAt               *Date              `json:"createdAt"`
	UpdatedAt               *Date              `json:"updatedAt"`
	BillingPeriod           *int32             `json:"billingPeriod"`
	BillingPeriodStart      *Date              `json:"billingPeriodStart"`
	BillingPeriodEnd        *Date              `json:"billingPeriodEnd"`
	Product                 *Reference         `json:"product"`
	ProductVersion          *Reference         `json:"productVersion"`
	Company                 *Reference         `json:"company"`
	Buyer                   *Reference         `json:"buyer"`
	Orders                  []Reference        `json:"orders"`
	Invoices                []Reference        `json:"invoices"`
	Endpoints               []EndpointDTO      `json:"endpoints"`
	SyndicatedEndpoints     []string           `json:"syndicatedEndpoints"`
	EndUserInstructions     *string            `json:"endUserInstructions"`
	BillingItems            []BillingItemDTO   `json:"billingItems"`
	ConfigurationParameters []ParameterDTO     `json:"configurationParameters"`
	Credentials             []CredentialDTO    `json:"credentials"`
	PossibleUpgrades        []Reference        `json:"possibleUpgrades"`
	OneshotCosts            []LineDTO          `json:"oneshotCosts"`
	RecurringCosts          []LineDTO          `json:"recurringCosts"`
	AvailableOperations     []OperationDTO     `json:"availableOperations"`
	Metadata                *Reference         `json:"metadata"`
	ResellerCatalog         *Reference         `json:"resellerCatalog"`
	Coupon                  *Reference         `json:"coupon"`
	Uptime                  *int64             `json:"uptime"`
	DeploymentLog           []DeploymentLogDTO `json:"deploymentLog"`
}

// EndpointDTO is an address of a subscription.
type EndpointDTO struct {
	ID          *int32  `json:"id"`
	Endpoint    string  `json:"endpoint"`
	Category    *string `json:"category"`
	Description *string `json:"description"`
}

// BillingItemDTO is a bought quantity.
type BillingItemDTO struct {
	BillingItem *Reference   `json:"billingItem"`
	Identifier  *string      `json:"identifier"`
	Unit        *string      `json:"unit"`
	Value       *json.Number `json:"value"`
	Bought      bool         `json:"bought"`
	Unlimited   bool         `json:"unlimited"`
	Tag         *string      `json:"tag"`
}

// ParameterDTO is something that the customer chose.
type ParameterDTO struct {
	ConfigurationParameter *Reference `json:"configurationParameter"`
	Code                   *string    `json:"code"`
	Value                  *string    `json:"value"`
	Description            *string    `json:"description"`
}

// CredentialDTO is a credential; its value is null for the vendor.
type CredentialDTO struct {
	Key         string  `json:"key"`
	Value       *string `json:"value"`
	Description *string `json:"description"`
	Weight      *int32  `json:"weight"`
}

// LineDTO is a line of costs.
type LineDTO struct {
	Type        *string      `json:"type"`
	Description *string      `json:"description"`
	Identifier  *string      `json:"identifier"`
	Quantity    *json.Number `json:"quantity"`
	Unit        *string      `json:"unit"`
	Price       *PriceDTO    `json:"price"`
	Purchased   *Date        `json:"purchased"`
	Tags        *stringMap   `json:"tags"`
}

// PriceDTO is money.
type PriceDTO struct {
	Price    *json.Number `json:"price"`
	VAT      *json.Number `json:"vat"`
	Currency *string      `json:"currency"`
	Total    *json.Number `json:"total"`
}

// OperationDTO is something that may be done with a resource.
type OperationDTO struct {
	Label        *string  `json:"label"`
	URL          *string  `json:"url"`
	Method       *string  `json:"method"`
	ResourceType *string  `json:"resourceType"`
	Actions      []string `json:"actions"`
}

// DeploymentLogDTO is a step of a deployment.
type DeploymentLogDTO struct {
	StatusMessage      *string `json:"statusMessage"`
	DescriptiveMessage *string `json:"descriptiveMessage"`
	Date               *Date   `json:"date"`
	ProgressPercentage *int32  `json:"progressPercentage"`
}

// UserDTO is a person.
type UserDTO struct {
	ID           int64       `json:"id"`
	Self         string      `json:"self"`
	UserName     string      `json:"userName"`
	Name         string      `json:"name"`
	Surname      string      `json:"surname"`
	FullName     *string     `json:"fullName"`
	Email        string      `json:"email"`
	Language     *string     `json:"language"`
	PhoneNumber  *string     `json:"phoneNumber"`
	UserRole     *UserRole   `json:"userRole"`
	Company      *Reference  `json:"company"`
	UserCompany  *Reference  `json:"userCompany"`
	Address      *AddressDTO `json:"address"`
	Enabled      bool        `json:"enabled"`
	Activated    bool        `json:"activated"`
	CreationDate *Date       `json:"creationDate"`
	Metadata     *Reference  `json:"metadata"`
}

// CompanyDTO is a customer's company.
type CompanyDTO struct {
	ID           int64       `json:"id"`
	Self         string      `json:"self"`
	Name         string      `json:"name"`
	EmailAddress *string     `json:"emailAddress"`
	TaxCode      *string     `json:"taxCode"`
	Address      *AddressDTO `json:"address"`
	Enabled      bool        `json:"enabled"`
	Users        []Reference `json:"users"`
}

// AddressDTO is a postal address.
type AddressDTO struct {
	Country     *string `json:"country"`
	CountryCode *string `json:"countryCode"`
	City        *string `json:"city"`
	Address     *string `json:"address"`
	ZipCode     *string `json:"zipCode"`
	State       *string `json:"state"`
}

// Reference names another resource. Its number is at the end.
type Reference struct {
	URL string `json:"url"`
}

var trailingDigits = regexp.MustCompile(`^[A-Za-z]+/(?:.*/)?(\d+)(?:/[a-z]+)?$`)

// UnmarshalJSON refuses what its library throws at.
func (r *Reference) UnmarshalJSON(raw []byte) error {
	type plain Reference
	if err := json.Unmarshal(raw, (*plain)(r)); err != nil {
		return err
	}
	if !trailingDigits.MatchString(r.URL) {
		return fmt.Errorf("%q is no reference", r.URL)
	}
	return nil
}

func (r *Reference) id() string { return trailingDigits.FindStringSubmatch(r.URL)[1] }

// idOf is the number at the end of "subscription/7"; 0 when there is none.
func idOf(entityURL string) int64 {
	m := trailingDigits.FindStringSubmatch(entityURL)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 32)
	return n
}

type stringMap map[string]string

// coerced is an int32 that may also be text.
type coerced int32

// UnmarshalJSON takes 7 and "7".
func (n *coerced) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = []byte(text)
	}
	return json.Unmarshal(raw, (*int32)(n))
}

// Date is a date in one of the forms that Jackson reads.
type Date time.Time

// UnmarshalJSON takes ISO 8601 with Z or an offset, with and without colon.
func (d *Date) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			*d = Date(t)
			return nil
		}
	}
	return fmt.Errorf("%q is no date", text)
}

// Lifecycle is an event's type.
type Lifecycle string

// UnmarshalJSON refuses an unknown constant.
func (l *Lifecycle) UnmarshalJSON(raw []byte) error {
	return constant(raw, (*string)(l), "CREATED", "MODIFIED", "DELETED")
}

// DeploymentStatus is a subscription's status.
type DeploymentStatus string

// UnmarshalJSON refuses an unknown constant.
func (s *DeploymentStatus) UnmarshalJSON(raw []byte) error {
	return constant(raw, (*string)(s), "PENDING", "DEPLOYED", "UNDEPLOYED", "STOPPED", "FAILED", "POSTPONED", "REJECTED", "REQUIRES_APPROVAL",
		"UNDEPLOY_SENT", "POST_CONFIGURATION", "WAITING_PAYMENT", "PAYMENT_EXPIRED")
}

// UserRole is what a person may do.
type UserRole string

// UnmarshalJSON refuses an unknown constant.
func (r *UserRole) UnmarshalJSON(raw []byte) error {
	return constant(raw, (*string)(r), "ROLE_ANONYMOUS", "ROLE_USER", "ROLE_VENDOR", "ROLE_RESELLER", "ROLE_DISTRIBUTOR", "ROLE_SUPERVISOR",
		"ROLE_ADMIN", "ROLE_SUPERADMIN")
}

func constant(raw []byte, into *string, known ...string) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return err
	}
	if *into != "" && !slices.Contains(known, *into) {
		return fmt.Errorf("%q is none of %v", *into, known)
	}
	return nil
}
