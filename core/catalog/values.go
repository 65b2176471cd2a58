package catalog

import (
	"cmp"
	"slices"
)

// Choice is one value of a parameter, with its words.
type Choice struct {
	Value       string `json:"value"`
	Description string `json:"description"`
}

// Values are what can be chosen of a parameter, in the order it is shown.
type Values struct {
	Any  bool // whatever the parameter's own rules take
	List []Choice
}

// Allows reports whether the value can be chosen.
func (v Values) Allows(value string) bool {
	return v.Any || slices.ContainsFunc(v.List, func(c Choice) bool { return c.Value == value })
}

// Values are those that the parameter lists itself: any when it lists none.
func (p Parameter) Values() Values {
	v := Values{Any: len(p.AcceptedValues) == 0}
	for value, words := range p.AcceptedValues {
		v.List = append(v.List, Choice{value, words})
	}
	slices.SortFunc(v.List, func(a, b Choice) int { return cmp.Compare(a.Value, b.Value) })
	return v
}
