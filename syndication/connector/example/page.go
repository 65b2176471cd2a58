package example

import (
	"crypto/subtle"
	"html/template"
	"net/http"
	"strconv"
)

var wikiPage = template.Must(template.New("wiki").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Address}} - Quaderno</title>
<style>body{font:1rem/1.6 system-ui;max-width:36rem;margin:12vh auto;padding:0 1rem;color:#1d2b2f}h1{font-weight:600}</style>
<h1>{{.Address}}</h1>
<p>A wiki for {{.Seats}} people, plan {{.Plan}}, in {{.Region}}. This page was opened {{.Views}} times.</p>
<p>Write the first page.</p></html>
`))

// page is a customer's wiki, behind the password that the marketplace shows to
// the customer alone.
func (c *Connector) page(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	wiki, ok := c.wikis.get(id)
	if !ok {
		http.Error(w, "There is no wiki, or no more.", http.StatusNotFound)
		return
	}
	user, password, _ := r.BasicAuth()
	if user != "admin" || subtle.ConstantTimeCompare([]byte(password), []byte(wiki.Password)) != 1 {
		w.Header().Set("WWW-Authenticate", `Basic realm="Quaderno"`)
		http.Error(w, "Sign in with the user and password of your subscription.", http.StatusUnauthorized)
		return
	}
	if wiki.Asleep {
		http.Error(w, "This wiki sleeps until its invoice is paid.", http.StatusServiceUnavailable)
		return
	}
	if err := c.wikis.view(id); err != nil {
		http.Error(w, "The visit could not be counted.", http.StatusInternalServerError)
		return
	}
	wiki.Views++
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = wikiPage.Execute(w, wiki) // a reader who went away needs no page
}
