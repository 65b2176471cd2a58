package sdk_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Plugin authors must be able to use the sdk without the marketplace.
func TestSDK_importsNothingElseOfTheProject(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "./...").Output()
	require.NoError(t, err)
	for _, path := range strings.Fields(string(out)) {
		if strings.HasPrefix(path, "github.com/fondaco/") {
			require.True(t, strings.HasPrefix(path, "github.com/fondaco/fondaco/plugins/sdk"), path)
		}
	}
}
