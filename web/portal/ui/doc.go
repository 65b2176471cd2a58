// Package ui is the portal's design system: layouts, components as named
// templates, the values they show, and the served assets.
//
// A page is a template file whose top level is the page's main content; its
// data is a struct that embeds Page. The Renderer puts it into the layout of
// its space:
//
//	type invoicePage struct {
//		ui.Page
//		Invoice invoice.Invoice
//	}
//	err := r.Render(w, http.StatusOK, "account/invoice", invoicePage{...})
//
// Every component is shown with all its states on the style guide
// (/operator/styleguide). Pages never carry inline scripts or styles, so the
// content security policy can forbid both.
//
// ui owns: markup, classes, tokens, wording helpers, asset URLs.
// ui does not own: routes, sessions, business state, translations' source.
package ui
