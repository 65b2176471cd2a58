package trial_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/trial"
)

func sheet(t *testing.T, text string) (trial.Sheet, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sheet.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	s, err := trial.ReadSheet(path)
	return s, filepath.Dir(path), err
}

func TestSheet_givesASubject(t *testing.T) {
	t.Parallel()
	s, _, err := sheet(t, `{"settings": {"url": "x"},"plan":{"size":1},"otherParameters":{"cores":2},"firstSubscription":7}`)
	require.NoError(t, err)
	subject := s.Subject()
	require.Equal(t, int64(7), subject.Subscription.ID)
	require.Equal(t, `{"url":"x"}`, string(subject.Subscription.Settings))
	require.JSONEq(t, `{"cores":2}`, string(subject.OtherParameters))
	require.Nil(t, subject.OtherPlan)
	require.Nil(t, subject.Tamper)
	require.Nil(t, subject.Use)
}

func TestSheet_commandsRunBesideItWithTheSubscription(t *testing.T) {
	t.Parallel()
	s, dir, err := sheet(t, `{"settings":{"url":"x"},
		"tamper":["sh","-c","cat > tampered.json"],
		"use":["sh","-c","echo 2026-11-24T08:00:00Z 2026-11-24T10:00:00+00:00"]}`)
	require.NoError(t, err)
	subject := s.Subject()
	require.NoError(t, subject.Tamper(t.Context(), subject.Subscription))
	given, err := os.ReadFile(filepath.Join(dir, "tampered.json"))
	require.NoError(t, err)
	require.JSONEq(t, `{"id":900000,"settings":{"url":"x"},"product":null,"plan":null,"parameters":null,"resources":null}`, string(given))
	from, to, err := subject.Use(t.Context(), subject.Subscription)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), from)
	require.Equal(t, from.Add(2*time.Hour), to)
}

func TestSheet_commandsThatFailSayWhy(t *testing.T) {
	t.Parallel()
	s, _, err := sheet(t, `{"settings":{},"tamper":["sh","-c","echo no such box >&2; exit 3"],"use":["echo","yesterday"]}`)
	require.NoError(t, err)
	subject := s.Subject()
	err = subject.Tamper(t.Context(), subject.Subscription)
	require.ErrorContains(t, err, "exit status 3: no such box")
	_, _, err = subject.Use(t.Context(), subject.Subscription)
	require.ErrorContains(t, err, "not two times in RFC 3339")
}

func TestReadSheet_refusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"settings":{},"plans":{}}`: `unknown field "plans"`,
		`{"plan":{}}`:                "has no settings",
		`[]`:                         "is no sheet",
	} {
		_, _, err := sheet(t, text)
		require.True(t, fault.Is(err, fault.Invalid), text)
		e := fault.As(err)
		require.Contains(t, e.Fields[0].Message, want)
	}
	_, err := trial.ReadSheet("nowhere.json")
	require.True(t, fault.Is(err, fault.Invalid))
}
