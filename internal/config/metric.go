package config

import (
	"regexp"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// Metric says what vendors' metrics are read with.
type Metric struct {
	MetricHeaders string `key:"metricHeaders" name:"metric-headers" env:"FONDACO_METRIC_HEADERS" placeholder:"HEADERS" help:"Headers that are sent with every reading of a vendor's metric, such as 'X-Environment: test'; several are separated by |."`
}

var headerForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`~-]+: *[^\\r\\n\\x00]*$")

func (m Metric) check(c *fault.Check) {
	for _, h := range m.each() {
		c.That(headerForm.MatchString(h), names("metricHeaders"), "Write headers as Name: value, separated by |.")
	}
}

func (m Metric) each() []string {
	var out []string
	for h := range strings.SplitSeq(m.MetricHeaders, "|") {
		if h = strings.TrimSpace(h); h != "" {
			out = append(out, h)
		}
	}
	return out
}

// Headers are the values by the headers' names.
func (m Metric) Headers() map[string]string {
	out := map[string]string{}
	for _, h := range m.each() {
		name, value, _ := strings.Cut(h, ":")
		out[name] = strings.TrimSpace(value)
	}
	return out
}
