// Package money has the two values that every price and bill is made of:
// Decimal, an exact decimal number, and Money, a Decimal in one currency.
//
// Owns: parsing and printing of decimals, ISO 4217 digits and validity,
// rounding HALF_UP, splitting an amount so that its parts sum exactly.
// Does not own: what something costs (pricing/price, pricing/rating), taxes,
// or exchange rates; amounts of two currencies are never mixed.
//
// Nothing here is a float, and nothing rounds unless its name says so: Round,
// Ceil, Floor, Quo and MulDiv.
package money
