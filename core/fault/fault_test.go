package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/stretchr/testify/require"
)

func TestCheck_reportsEveryWrongFieldUnderItsPath(t *testing.T) {
	var c fault.Check
	c.Need("name", " ")
	tier := c.At("tiers[%d]", 1)
	tier.That(false, "upTo", "Must rise.")
	c.Merge("api", fault.InvalidField("upstreamUrl", "Not a URL."))
	err := fault.As(c.Err())
	require.Equal(t, fault.Invalid, err.Code)
	require.Equal(t, []fault.Field{
		{Name: "name", Message: "This is required."},
		{Name: "tiers[1].upTo", Message: "Must rise."},
		{Name: "api.upstreamUrl", Message: "Not a URL."},
	}, err.Fields)
}

func TestCheck_isNilWhenNothingIsWrong(t *testing.T) {
	var c fault.Check
	c.At("x").Need("y", "there")
	require.NoError(t, c.Err())
}

func TestAs_hidesAnUnknownErrorFromThePerson(t *testing.T) {
	err := fault.As(fmt.Errorf("order 3: %w", errors.New("sql: secret table")))
	require.Equal(t, fault.Internal, err.Code)
	require.NotContains(t, err.Message, "secret")
	require.Contains(t, err.Error(), "secret table")
}

func TestCodeOf_seesThroughWrapping(t *testing.T) {
	err := fmt.Errorf("subscription 7: %w", fault.New(fault.Conflict, "Already cancelled."))
	require.Equal(t, fault.Conflict, fault.CodeOf(err))
	require.True(t, fault.Is(err, fault.Conflict))
	require.Equal(t, fault.Code(""), fault.CodeOf(nil))
}
