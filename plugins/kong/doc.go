// Package kong provisions API products in Kong Gateway: a service per
// product, a route per endpoint, a consumer with one key per subscription.
// README.md says what each object looks like and why.
package kong
