// Package rating computes what a plan costs: quantities and dates in, lines
// with their explanation out. Quote, price simulator and invoice call the same
// functions, so they cannot disagree.
//
// Owns: the charge models' arithmetic (Usage), metering of a gauge, billing
// periods, proration, bought quantities, the composition of a period's lines
// (Opening, Renewal, Arrears, PlanChange, QuantityChange, Adjustment), tax
// arithmetic and totals.
// Does not own: prices (pricing/price), measured quantities (core/usage), when a
// bill is due and what was billed before (pricing/invoice), and which tax rate
// applies (pricing/tax).
//
// Pure: no clock, no database. Amounts inside are exact; each line is rounded
// once, HALF_UP to the currency's digits. Times are UTC; a period includes its
// start and excludes its end.
package rating
