package secret_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/fondaco/fondaco/core/secret"
	"github.com/stretchr/testify/require"
)

func TestBox_opensOnlyWhatItSealedForThePurpose(t *testing.T) {
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, secret.KeySize))
	require.NoError(t, err)
	sealed := box.Seal("credential", "k-123")
	require.NotContains(t, string(sealed), "k-123")
	text, err := box.Open("credential", sealed)
	require.NoError(t, err)
	require.Equal(t, "k-123", text.Reveal())
	_, err = box.Open("settings", sealed)
	require.Error(t, err)
	other, err := secret.NewBox(bytes.Repeat([]byte{8}, secret.KeySize))
	require.NoError(t, err)
	_, err = other.Open("credential", sealed)
	require.Error(t, err)
}

func TestText_neverReachesALog(t *testing.T) {
	var out bytes.Buffer
	token := secret.NewToken("fk_")
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", token)
	fmt.Fprintf(&out, "%v %s %#v %+v", token, token, token, struct{ T secret.Text }{token})
	require.NotContains(t, out.String(), token.Reveal())
}

func TestLoadOrCreateKey_keepsTheKeyItMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "secret.key")
	first, err := secret.LoadOrCreateKey(path)
	require.NoError(t, err)
	second, err := secret.LoadOrCreateKey(path)
	require.NoError(t, err)
	require.Equal(t, first, second)
	_, err = secret.ParseKey("short")
	require.ErrorContains(t, err, "32 bytes")
}
