package core_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// nouns are the packages that an order passes through.
var nouns = []string{"catalog", "order", "subscription", "provision", "fulfilment", "usage", "metric", "reconcile", "notify", "cart", "storefront",
	"../pricing/invoice", "../pricing/payment", "../pricing/pricelist",
	"../syndication/webhook", "../syndication/callback", "../syndication/connector"}

var link = regexp.MustCompile(`\[github\.com/fondaco/fondaco/([a-z/]+)\]`)

// TestDoc_theJourneyPassesThroughPackagesThatExist keeps doc.go true: every
// package it names is there and says what it owns.
func TestDoc_theJourneyPassesThroughPackagesThatExist(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	links := link.FindAllStringSubmatch(string(doc), -1)
	require.GreaterOrEqual(t, len(links), 21)
	for _, noun := range nouns {
		require.Contains(t, string(doc), "[github.com/fondaco/fondaco/"+filepath.ToSlash(filepath.Clean(filepath.Join("core", noun)))+"]", "the journey leaves out %s", noun)
	}
	for _, l := range links {
		dir := filepath.Join("..", filepath.FromSlash(l[1]))
		sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, sources, "doc.go names %s", l[1])
	}
}

// TestDoc_everyNounSaysWhatItOwns wants a README in each package of the
// marketplace that holds more than words.
func TestDoc_everyNounSaysWhatItOwns(t *testing.T) {
	for _, noun := range append([]string{"account", "timemachine"}, nouns...) {
		text, err := os.ReadFile(filepath.Join(noun, "README.md"))
		require.NoError(t, err, noun)
		require.Regexp(t, `(?i)owns`, string(text), noun)
		require.Regexp(t, `(?i)does not own`, string(text), noun)
	}
}
