package openapi_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/stretchr/testify/require"
)

// cyclic writes a document of about size bytes with a thousand operations,
// whose schemas refer to themselves and to one another.
func cyclic(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"openapi":"3.0.3","info":{"title":"Large","version":"1"},"paths":{`)
	for i := range 500 {
		if i > 0 {
			b.WriteByte(',')
		}
		ref := fmt.Sprintf(`{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/S%d"}}}}`, i)
		fmt.Fprintf(&b, "\n"+`"/r%d/{id}":{"get":{"operationId":"getR%d","responses":{"200":%s}},"post":{"operationId":"postR%d","responses":{"200":%s}}}`, i, i, ref, i, ref)
	}
	b.WriteString(`},"components":{"schemas":{`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n"+`"S%d":{"type":"object","description":"%s","properties":{"self":{"$ref":"#/components/schemas/S%d"},"next":{"$ref":"#/components/schemas/S%d"},"items":{"type":"array","items":{"allOf":[{"$ref":"#/components/schemas/S0"},{"$ref":"#/components/schemas/S%d"}]}}}}`,
			i, strings.Repeat("Words, words; \\\"quoted\\\" words. ", 4), i, i+1, i/2)
	}
	b.WriteString("}}}")
	return b.Bytes()
}

// cyclicYAML is cyclic in block style.
func cyclicYAML(size int) []byte {
	var b bytes.Buffer
	b.WriteString("openapi: 3.1.0\ninfo:\n  title: Large\n  version: '1'\npaths:\n")
	for i := range 500 {
		fmt.Fprintf(&b, "  /r%d/{id}:\n", i)
		for _, method := range []string{"get", "post"} {
			fmt.Fprintf(&b, "    %s:\n      operationId: %sR%d\n      responses:\n        '200':\n          description: ok\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/S%d'\n", method, method, i, i)
		}
	}
	b.WriteString("components:\n  schemas:\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "    S%d:\n      type: object\n      description: >-\n        %s\n      properties:\n        self:\n          $ref: '#/components/schemas/S%d'\n        next:\n          $ref: '#/components/schemas/S%d'\n        items:\n          type: array\n          items:\n            allOf:\n              - $ref: '#/components/schemas/S0'\n              - $ref: \"#/components/schemas/S%d\"\n",
			i, strings.Repeat("Words, words; \"quoted\" words: more. ", 4), i, i+1, i/2)
	}
	return b.Bytes()
}

// Not parallel: it measures time and memory.
func TestImport_readsFifteenMegabytesOfCyclicReferencesQuickly(t *testing.T) {
	for name, doc := range map[string][]byte{"JSON": cyclic(15_000_000), "YAML": cyclicYAML(15_000_000)} {
		t.Run(name, func(t *testing.T) {
			got, took, allocated := measured(t, doc)
			t.Logf("%s: %.1f MB in %s, %d MiB allocated", name, float64(len(doc))/1e6, took, allocated>>20)
			require.Greater(t, len(doc), 14_900_000)
			require.Len(t, got.Proposed, 1000)
			require.Equal(t, "get-r0", got.Proposed[0].Identifier)
			require.Less(t, took, 30*time.Second, "0.1 s for JSON and 0.6 s for YAML on an idle machine; the race detector and neighbours cost ten times that")
			require.Less(t, allocated, uint64(512<<20))
		})
	}
}

func measured(t *testing.T, doc []byte) (openapi.Result, time.Duration, uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	got, err := openapi.Import(doc)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	return got, took, after.TotalAlloc - before.TotalAlloc
}

// Documents that are small to write and could be huge to read: each has to be
// imported or refused within bounds. Without the bounds most of them run for
// hours.
func TestImport_isNotMultipliedByHostileDocuments(t *testing.T) {
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	longID := strings.Repeat("x", 1<<20)
	docs := map[string]string{
		"one large path item at many paths": `{"openapi":"3.1.0","paths":{` + repeat(60_000, `"/%d":{"$ref":"#/x"},`) + `"/":{}},"x":{` + repeat(60_000, `"f%d":0,`) + `"get":{}}}`,
		"references through references":     `{"openapi":"3.1.0","paths":{` + repeat(80_000, `"/%d":{"$ref":"#/paths/~10"},`) + `"/":{}}}`,
		"one long operationId shared":       `{"openapi":"3.1.0","paths":{` + repeat(3_000, `"/%d":{"$ref":"#/x"},`) + `"/":{}},"x":{"get":{"operationId":"` + longID + `","description":"` + longID + `","summary":"` + longID + `"}}}`,
		"deep JSON":                         `{"openapi":"3.1.0","paths":` + strings.Repeat(`{"/a":`, 9_000) + `1` + strings.Repeat(`}`, 9_001),
		"server variables":                  `{"openapi":"3.1.0","servers":[{"url":"` + strings.Repeat("{a}", 300) + `","variables":{"a":{"default":"` + strings.Repeat("{a}", 300) + `"}}}],"paths":{"/a":{"get":{}}}}`,
		"alias bomb":                        "a: &a [x,x,x,x,x,x,x,x,x]\n" + laughs() + "openapi: 3.0.0\npaths: *i\n",
		"alias inside itself":               "openapi: 3.0.0\npaths: &p\n  /a: *p\n  get: *p\n",
		"merge bomb":                        "a0: &a0 {" + repeat(50_000, "k%d: 0, ") + "z: 0}\npaths:\n  <<: [" + strings.Repeat("*a0, ", 50_000) + "*a0]\nopenapi: 3.0.0\n",
		"merge inside itself":               "openapi: 3.0.0\npaths: &p\n  <<: *p\n  /a: {get: {}}\n",
		"many small values":                 "openapi: 3.0.0\nx: [" + strings.Repeat("a,", 9<<20) + "]\n",
		"deep flow":                         "openapi: 3.0.0\nx: " + strings.Repeat("[", 1<<20),
		"deep block":                        "openapi: 3.0.0\nx:\n " + strings.Repeat("- ", 1<<20),
		"comments":                          "openapi: 3.0.0\n" + strings.Repeat("#\n", 1<<20) + "paths: {/a: {get: {}}}\n",
		"anchors":                           "openapi: 3.0.0\nx:\n" + repeat(50_000, "- &a%d x\n") + "paths: {/a: {get: {}}}\n",
		"documents":                         "openapi: 3.0.0\npaths: {/a: {get: {}}}\n" + strings.Repeat("---\n", 1<<20),
		"quotes":                            "openapi: 3.0.0\npaths: {/a: {get: {summary: '" + strings.Repeat("''", 5<<20) + "'}}}\n",
	}
	for name, doc := range docs {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := openapi.Import([]byte(doc))
			t.Logf("%.1f MB, %s: %.200v", float64(len(doc))/1e6, time.Since(start), err)
			require.Less(t, time.Since(start), time.Minute)
		})
	}
}

// laughs is the "billion laughs" document's middle part.
func laughs() string {
	var b strings.Builder
	for c := 'b'; c <= 'i'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 8), c-1)
	}
	return b.String()
}
