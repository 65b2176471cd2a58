package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Key is the three names of one setting.
type Key struct {
	Path string // in the configuration file: "smtp.host"
	Flag string // on the command line, without dashes: "smtp-host"
	Env  string // in the environment: "FONDACO_SMTP_HOST"
	Help string
	kind kind
}

// kind is what a setting's value must be in the configuration file.
type kind string

const (
	text     kind = `a text in quotes`
	number   kind = `a whole number`
	truth    kind = `true or false`
	duration kind = `a time in quotes, such as "30s" or "5m"`
)

// Keys lists all settings in the order of Settings.
func Keys() []Key { return keysOf(reflect.TypeFor[Settings]()) }

func keysOf(t reflect.Type) []Key {
	var keys []Key
	for field := range t.Fields() {
		if field.Anonymous {
			keys = append(keys, keysOf(field.Type)...)
			continue
		}
		keys = append(keys, Key{Path: field.Tag.Get("key"), Flag: field.Tag.Get("name"), Env: field.Tag.Get("env"),
			Help: field.Tag.Get("help"), kind: kindOf(field.Type)})
	}
	return keys
}

func kindOf(t reflect.Type) kind {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return duration
	case t.Kind() == reflect.Bool:
		return truth
	case t.Kind() == reflect.Int:
		return number
	default:
		return text
	}
}

func find(keys []Key, path string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Path == path })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// names tells a person every way to give the setting at path.
func names(path string) string {
	k, ok := find(Keys(), path)
	if !ok {
		return path
	}
	return fmt.Sprintf("%s (--%s, %s)", k.Path, k.Flag, k.Env)
}

// nearest returns the known path that looks most like the unknown one, or "".
func nearest(keys []Key, unknown string) string {
	best, least := "", len(unknown)/2+1
	for _, k := range keys {
		if d := distance(strings.ToLower(unknown), strings.ToLower(k.Path)); d < least {
			best, least = k.Path, d
		}
	}
	return best
}

// distance is Levenshtein's: how many letters must change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
