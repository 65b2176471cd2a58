package ui

import (
	"net/http"
	"strings"
)

// themeCookie holds "light" or "dark"; the script sets the same one.
const themeCookie = "theme"

// ThemeOf is the theme the reader chose, or "" for the device's own.
func ThemeOf(r *http.Request) string {
	c, err := r.Cookie(themeCookie)
	if err != nil || c.Value != "light" && c.Value != "dark" {
		return ""
	}
	return c.Value
}

// Preferences keeps the chosen theme for those without JavaScript: POST with
// theme and return, answered by going back there. Mount it at /preferences,
// behind the same CSRF check as every form.
func Preferences(w http.ResponseWriter, r *http.Request) {
	if theme := r.FormValue("theme"); theme == "light" || theme == "dark" {
		http.SetCookie(w, &http.Cookie{Name: themeCookie, Value: theme, Path: "/", MaxAge: 365 * 24 * 3600,
			SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	}
	http.Redirect(w, r, LocalPath(r.FormValue("return")), http.StatusSeeOther)
}

// LocalPath is path when it leads into this portal, and "/" when it is
// anything a browser would read as another site.
func LocalPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
