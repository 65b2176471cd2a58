package connector

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
)

// productDocument is a product in the contract's words. What only its vendor may know
// is left out for everybody else.
type productDocument struct {
	ID                      int64               `json:"id"`
	Self                    string              `json:"self"`
	Name                    string              `json:"name"`
	Slug                    string              `json:"slug"`
	SKU                     string              `json:"sku"`
	Company                 *ref                `json:"company"`
	Category                *ref                `json:"category"`
	Type                    string              `json:"type"`
	ProductVersion          []*ref              `json:"productVersion"`
	SyndicationEndpoints    []string            `json:"syndicationEndpoints,omitempty"`
	SyndicatedEndpoint      string              `json:"syndicatedEndpoint,omitempty"` // before 20190916
	NotificationSecretToken string              `json:"notificationSecretToken,omitempty"`
	APIURL                  string              `json:"apiUrl,omitempty"`
	APIHeaderName           string              `json:"apiHeaderName,omitempty"`
	OrderValidationURLs     []string            `json:"orderValidationUrls,omitempty"`
	OrderValidationURL      string              `json:"orderValidationUrl,omitempty"` // before 20210215
	ConfigurationParameters []parameterDocument `json:"configurationParameters"`
	ShortDescription        string              `json:"shortDescription"`
	LongDescription         string              `json:"longDescription"`
	EndUserInstructions     string              `json:"endUserInstructions"`
	TerminationMessage      string              `json:"terminationMessage"`
	FAQ                     map[string]string   `json:"faq"`
	ExtraData               map[string]string   `json:"extraData"`
	Tags                    []tagDocument       `json:"tags"`
	Files                   []*ref              `json:"files"`
	AverageRating           amount              `json:"averageRating"`
	NumberOfRatings         int                 `json:"numberOfRatings"`
	Destination             string              `json:"destination"`
	Published               *date               `json:"published,omitempty"`
	RecommendedVersion      *ref                `json:"recommendedVersion,omitempty"`
	Weight                  int                 `json:"weight"`
	Silent                  bool                `json:"silent"`
	Frameable               bool                `json:"frameable"`
	Drafted                 bool                `json:"drafted"`
	RequestedForApproval    bool                `json:"requestedForApproval"`
	SubscriptionsPerProduct string              `json:"subscriptionsPerProduct"`
	SubscriptionApproval    bool                `json:"subscriptionApproval"`
	CloudProviders          []*ref              `json:"cloudProviders"`
	CloudCredentialsSupport bool                `json:"cloudCredentialsSupport"`
	productFlags
	*productDetail
}

// productFlags say the type once more.
type productFlags struct {
	IsAPI          bool `json:"isApi"`
	IsBundle       bool `json:"isBundle"`
	IsManaged      bool `json:"isManaged"`
	IsCloudService bool `json:"isCloudService"`
	IsCSP          bool `json:"isCsp"`
	IsService      bool `json:"isService"`
	IsSyndicated   bool `json:"isSyndicated"`
	IsVM           bool `json:"isVm"`
	IsFeatured     bool `json:"isFeatured"`
}

// productDetail is what a list leaves out.
type productDetail struct {
	Metrics            []*ref            `json:"metrics"`
	MinimumCost        *minimumCost      `json:"minimumCost,omitempty"`
	CurrencyConversion map[string]amount `json:"currencyConversion"`
	Changelog          []string          `json:"changelog"`
}

// minimumCost is what the cheapest plan costs, and for how many months.
type minimumCost struct {
	Cost          amount `json:"cost"`
	BillingPeriod int    `json:"billingPeriod"`
}

// tagDocument is a word that products are found by. There are none yet.
type tagDocument struct {
	Tag          string `json:"tag"`
	Type         string `json:"type"`
	ProductCount int    `json:"productCount"`
}

// Product types of the contract. What a plugin makes is a cloud service.
const (
	typeAPI          = "API"
	typeCloudService = "CLOUD_SERVICE"
	typeService      = "SERVICE"
	typeSyndicated   = "SYNDICATED"
)

func typeName(t catalog.Type) string { return cmp.Or(productTypes[t], typeCloudService) }

func (s *server) productRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "product", handle: s.listProducts, public: true},
		{method: http.MethodHead, path: "product", handle: s.listProducts, public: true},
		{method: http.MethodGet, path: "product/{id}", handle: s.getProduct, public: true},
		{method: http.MethodGet, path: "product/sku/{sku}", handle: s.getProductBySKU, public: true},
		{method: http.MethodPost, path: "product", handle: s.createProduct},
		{method: http.MethodPut, path: "product/{id}", handle: s.replaceProduct},
		{method: http.MethodPatch, path: "product/{id}", handle: s.moveProduct},
		{method: http.MethodDelete, path: "product/{id}", handle: s.retireProduct},
		{method: http.MethodGet, path: "product/{id}/metadata", handle: s.getProductMetadata},
		{method: http.MethodPut, path: "product/{id}/metadata", handle: putMetadata(s.Catalog.ChangeMetadata)},
		{method: http.MethodDelete, path: "product/{id}/metadata/{key}", handle: deleteMetadata(s.Catalog.ChangeMetadata)},
	}
}

// listProducts reads the filters of both catalogue clients: category and
// categoryId, ordering and orderingType, tag, and search in three names.
func (s *server) listProducts(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f, empty, err := s.productFilter(ctx, c)
	if err != nil || empty {
		return listOf(c, req, page.Page[catalog.Listing]{}, err, c.listedProduct)
	}
	found, err := s.Catalog.Browse(ctx, c.actor, f, req)
	return listOf(c, req, found, err, c.listedProduct)
}

// productFilter reads what is looked for; empty says that nothing is like that
// here: no product carries a tag, and no other categories exist.
func (s *server) productFilter(ctx context.Context, c *call) (f catalog.BrowseFilter, empty bool, err error) {
	f = catalog.BrowseFilter{Query: c.first("search", "nameFilter", "filter"), Name: c.value("name"),
		ByName: c.value("sortField") == "name", Ascending: !c.descending()}
	if f.VendorID, err = c.whole("company"); err != nil {
		return f, false, err
	}
	own, err := c.flag("ownCompany")
	if err != nil {
		return f, false, err
	}
	f.Own = own != nil && *own
	wantedTypes := c.values("productType")
	noSuchType := false
	f.Types, noSuchType = named(productTypes, wantedTypes)
	f.Plugins = slices.Contains(wantedTypes, typeCloudService)
	wanted := c.first("categoryId", "category")
	if f.Category, err = s.categoryName(ctx, c, wanted); err != nil {
		return f, false, err
	}
	return f, wanted != "" && f.Category == "" || len(c.values("tag")) > 0 || noSuchType && !f.Plugins, nil
}

// first is the first of the query parameters that says something.
func (c *call) first(names ...string) string {
	for _, name := range names {
		if v := c.value(name); v != "" {
			return v
		}
	}
	return ""
}

func (s *server) getProduct(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.Look(ctx, c.actor, id)
	return c.productAnswer(l, err)
}

func (s *server) getProductBySKU(ctx context.Context, c *call) (answer, error) {
	l, err := s.Catalog.LookSKU(ctx, c.actor, c.param("sku"))
	return c.productAnswer(l, err)
}

func (c *call) productAnswer(l catalog.Listing, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return ok(c.detailedProduct(l)), nil
}

// moveProduct does what the action says. Without one there is nothing to do.
func (s *server) moveProduct(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Action string `json:"action"`
	}
	if err := c.read(&in); err != nil {
		return answer{}, err
	}
	switch strings.ToUpper(in.Action) {
	case "ENABLED":
		_, err = s.Catalog.Enable(ctx, c.actor, id)
	case "DISABLED":
		_, err = s.Catalog.Retire(ctx, c.actor, id)
	case "APPROVE":
		_, err = s.Catalog.Approve(ctx, c.actor, id)
	case "SAVE_CURRENCY_CONVERSION":
		err = disabled("Each plan has prices in one currency; there is no currencyConversion.")
	default:
		err = fault.InvalidField("action", "Use ENABLED, DISABLED or APPROVE.")
	}
	if err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.Look(ctx, c.actor, id)
	return c.productAnswer(l, err)
}

// retireProduct takes a product off the storefront; what was sold refers to it,
// so it is not deleted.
func (s *server) retireProduct(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	_, err = s.Catalog.Retire(ctx, c.actor, id)
	return done(err)
}
