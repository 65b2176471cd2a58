package fulfilment_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/stretchr/testify/require"
)

func TestText_isReadInTheNearestLanguage(t *testing.T) {
	t.Parallel()
	text := fulfilment.Text{"en": "Row", "it": "Voga", "de-CH": "Rudere"}
	for language, want := range map[string]string{"it": "Voga", "it-IT": "Voga", "de-CH": "Rudere", "de": "Row", "": "Row"} {
		require.Equal(t, want, text.In(language), language)
	}
	require.Equal(t, "Voga", fulfilment.Text{"it": "Voga", "pt": "Reme"}.In("fr"), "the first by name when there is no English")
	require.Empty(t, fulfilment.Text{}.In("en"))
}

func TestCredential_isCalledByItsLabelItsDescriptionOrItsName(t *testing.T) {
	t.Parallel()
	c := fulfilment.Credential{Name: "pw", Label: "Password", Description: fulfilment.Text{"en": "Gate code"}}
	require.Equal(t, "Password", c.Title("en"))
	c.Label = ""
	require.Equal(t, "Gate code", c.Title("en"))
	c.Description = nil
	require.Equal(t, "pw", c.Title("en"))
}

func TestReport_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	require.Error(t, fulfilment.Report{}.Validate())
	for _, s := range fulfilment.Reports {
		require.NoError(t, fulfilment.Report{Status: s}.Validate())
	}
}
