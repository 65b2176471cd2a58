package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/fondaco/fondaco/core/fault"
)

// File holds the values of a configuration file by flag name.
type File map[string]string

// ReadFile reads the TOML file at path. An unknown key, or a value that is not
// of its key's type, is an Invalid fault that names the key.
func ReadFile(path string) (File, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Newf(fault.Invalid, "There is no configuration file %s.", path)
	}
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "The configuration file cannot be read: %v.", err)
	}
	f, err := parse(string(raw))
	if err != nil {
		e := fault.As(err)
		e.Message = "Configuration file " + path + ": " + e.Message
		return nil, e
	}
	return f, nil
}

func parse(raw string) (File, error) {
	var tree map[string]any
	if _, err := toml.Decode(raw, &tree); err != nil {
		return nil, fault.Newf(fault.Invalid, "it is not valid TOML: %v", err)
	}
	f := File{}
	var check fault.Check
	f.add(&check, Keys(), "", tree)
	return f, check.Err()
}

// add takes over a table and the tables in it; what is wrong goes to check.
func (f File) add(check *fault.Check, keys []Key, prefix string, tree map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		path := prefix + name
		k, known := find(keys, path)
		table, isTable := tree[name].(map[string]any)
		switch {
		case known:
			value, ok := k.format(tree[name])
			if check.That(ok, path, fmt.Sprintf("The value must be %s.", k.kind)) {
				f[k.Flag] = value
			}
		case isTable && prefix == "":
			f.add(check, keys, path+".", table)
		default:
			check.Add(path, unknownKey(keys, path))
		}
	}
}

func unknownKey(keys []Key, path string) string {
	if near := nearest(keys, path); near != "" {
		return fmt.Sprintf("There is no such setting. Did you mean %s?", near)
	}
	return "There is no such setting. fondaco serve --help lists all."
}

// format returns the value as it would be written on the command line, and
// false when it is not of the key's kind.
func (k Key) format(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		if k.kind == text {
			return v, true
		}
		if _, err := time.ParseDuration(v); k.kind == duration && err == nil {
			return v, true
		}
	case int64:
		if k.kind == number {
			return strconv.FormatInt(v, 10), true
		}
	case bool:
		if k.kind == truth {
			return strconv.FormatBool(v), true
		}
	}
	return "", false
}
