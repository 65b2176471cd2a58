package api

import (
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

type planResourceRequest struct {
	Parameter string `json:"parameter" doc:"A whole number of the type's parametersSchema." example:"cores"`
	Name      string `json:"name,omitempty" doc:"For people; that of the schema unless told." example:"CPU cores"`
	Unit      string `json:"unit,omitempty" example:"core"`
	Min       int64  `json:"min,omitempty" doc:"The least that can be bought." example:"1"`
	Max       int64  `json:"max,omitempty" doc:"The most; 0 is no bound but the plugin's." example:"64"`
	Step      int64  `json:"step,omitempty" doc:"1 unless told." example:"1"`
	Default   int64  `json:"default,omitempty" doc:"What is bought when nothing is said." example:"2"`
	UnitPrice amount `json:"unitPrice,omitempty" doc:"Of one for a whole period."`
	Included  int64  `json:"included,omitempty" doc:"Not charged: only what is above them costs." example:"0"`
}

func (r planResourceRequest) input(c *fault.Check, currency string) catalog.PlanResource {
	r.UnitPrice.in(c, "unitPrice", currency)
	return catalog.PlanResource{Parameter: r.Parameter, Name: r.Name, Unit: r.Unit, Min: r.Min, Max: r.Max, Step: r.Step,
		Default: r.Default, UnitPrice: r.UnitPrice.Decimal, Included: r.Included}
}

type planResourceView struct {
	Parameter string      `json:"parameter" example:"cores"`
	Name      string      `json:"name" example:"CPU cores"`
	Unit      string      `json:"unit" example:"core"`
	Min       int64       `json:"min" example:"1"`
	Max       int64       `json:"max" doc:"0 is no bound but the plugin's." example:"64"`
	Step      int64       `json:"step" example:"1"`
	Default   int64       `json:"default" example:"2"`
	UnitPrice money.Money `json:"unitPrice"`
	Included  int64       `json:"included" example:"0"`
}

func viewPlanResource(r catalog.PlanResource, currency string) planResourceView {
	return planResourceView{Parameter: r.Parameter, Name: r.Name, Unit: r.Unit, Min: r.Min, Max: r.Max, Step: r.Step,
		Default: r.Default, UnitPrice: money.New(r.UnitPrice, currency), Included: r.Included}
}

type planMeterRequest struct {
	Meter string `json:"meter" doc:"One of the type's meters." example:"coreHours"`
	Name  string `json:"name,omitempty" doc:"For people." example:"Computing"`
	Unit  string `json:"unit,omitempty" doc:"The plugin's unless told." example:"core-hour"`
	ChargeFields
}

func (r planMeterRequest) input(c *fault.Check, currency string) catalog.PlanMeter {
	return catalog.PlanMeter{Meter: r.Meter, Name: r.Name, Unit: r.Unit, Charge: r.charge(c, currency)}
}

type planMeterView struct {
	Meter string `json:"meter" example:"coreHours"`
	Name  string `json:"name" example:"Computing"`
	Unit  string `json:"unit" example:"core-hour"`
	ChargeView
}

func viewPlanMeter(m catalog.PlanMeter, currency string) planMeterView {
	return planMeterView{Meter: m.Meter, Name: m.Name, Unit: m.Unit, ChargeView: viewCharge(m.Charge, currency)}
}
