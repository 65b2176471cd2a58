package catalogdata

import "io/fs"

// Cloud is a product of another type than api: what is sold of a cloud, or
// what a vendor sets up.
type Cloud struct {
	SKU              string         `yaml:"sku" json:"sku"`
	Vendor           string         `yaml:"vendor" json:"vendor"`     // Vendor.Key
	Type             string         `yaml:"type" json:"type"`         // a plugin's product type, syndicated or service
	Provider         string         `yaml:"provider" json:"provider"` // the name of the demo's provider for it
	DriftPolicy      string         `yaml:"driftPolicy" json:"driftPolicy"`
	Approval         bool           `yaml:"approval" json:"approval"` // whether orders wait for the vendor's
	Name             string         `yaml:"name" json:"name"`
	Category         string         `yaml:"category" json:"category"`
	ShortDescription string         `yaml:"shortDescription" json:"shortDescription"`
	Description      string         `yaml:"description" json:"description"`
	Features         []string       `yaml:"features" json:"features"`
	FAQ              []Question     `yaml:"faq" json:"faq"`
	Configuration    map[string]any `yaml:"configuration" json:"configuration"` // CONNECTOR stands for the connector's address
	Plans            []CloudPlan    `yaml:"plans" json:"plans"`
}

// CloudPlan has exactly the shape of the REST API's POST /products/{id}/plans.
type CloudPlan struct {
	Name           string         `yaml:"name" json:"name"`
	Currency       string         `yaml:"currency" json:"currency"`
	SetupPrice     string         `yaml:"setupPrice" json:"setupPrice"`
	RecurringPrice string         `yaml:"recurringPrice" json:"recurringPrice"`
	PeriodMonths   int            `yaml:"periodMonths" json:"periodMonths"`
	Timing         string         `yaml:"timing" json:"timing"`
	Anchor         string         `yaml:"anchor" json:"anchor"`
	AutoRenew      bool           `yaml:"autoRenew" json:"autoRenew"`
	TrialDays      int            `yaml:"trialDays" json:"trialDays"`
	Configuration  map[string]any `yaml:"configuration" json:"configuration"`
	Resources      []Resource     `yaml:"resources" json:"resources,omitempty"`
	Meters         []Meter        `yaml:"meters" json:"meters,omitempty"`
}

// Resource is a quantity that the customer chooses.
type Resource struct {
	Parameter string `yaml:"parameter" json:"parameter"`
	Name      string `yaml:"name" json:"name"`
	Unit      string `yaml:"unit" json:"unit"`
	Min       int64  `yaml:"min" json:"min"`
	Max       int64  `yaml:"max" json:"max"`
	Step      int64  `yaml:"step" json:"step"`
	Default   int64  `yaml:"default" json:"default"`
	UnitPrice string `yaml:"unitPrice" json:"unitPrice"`
}

// Meter is a quantity that the plugin measures.
type Meter struct {
	Meter     string `yaml:"meter" json:"meter"`
	Name      string `yaml:"name" json:"name"`
	Unit      string `yaml:"unit" json:"unit"`
	UnitPrice string `yaml:"unitPrice" json:"unitPrice"`
}

// Clouds returns what the demo sells of clouds, in the order of the SKUs. The
// plugins' schemas check the rest when it is put into the catalog.
func Clouds() ([]Cloud, error) { return configured("clouds/*.yaml") }

// Services returns what the demo sells that its vendors set up themselves: by
// a connector, or by hand.
func Services() ([]Cloud, error) { return configured("services/*.yaml") }

func configured(pattern string) ([]Cloud, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, err
	}
	all := make([]Cloud, len(names))
	for i, name := range names {
		if err := read(name, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
