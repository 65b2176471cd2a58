package connector

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func (s *server) countryRoutes() []route {
	return []route{{method: http.MethodGet, path: "countryCodes", handle: listCountries, public: true}}
}

// country is a country as addresses name it.
type country struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// listCountries lists all countries by name, in the language that was asked
// for. It is read whole: an address form wants all of them.
func listCountries(_ context.Context, c *call) (answer, error) {
	return ok(countries(c.language)), nil
}

// countries are the regions of ISO 3166 that are countries, with their names in
// a language; English where that is not known.
func countries(in string) []country {
	tag, err := language.Parse(in)
	if err != nil {
		tag = language.English
	}
	names := display.Regions(tag)
	if names == nil {
		names = display.English.Regions()
	}
	var out []country
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			region, err := language.ParseRegion(code)
			if err != nil || !region.IsCountry() || region.String() != code || region.Canonicalize() != region {
				continue
			}
			if name := names.Name(region); name != "" && name != code {
				out = append(out, country{Code: code, Name: name})
			}
		}
	}
	slices.SortFunc(out, func(x, y country) int { return strings.Compare(x.Name, y.Name) })
	return out
}
