package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-plugin"

	"github.com/fondaco/fondaco/core/fault"
)

const (
	filePrefix     = "fondaco-plugin-"
	checksumSuffix = ".sha256"
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// spec is what is known of a plugin before it runs.
type spec struct {
	name    string
	path    string // absolute
	args    []string
	bundled bool
}

// discover lists the bundled plugins, the single files and those in the
// folder. What is in the folder and cannot be a plugin is logged and left out.
func discover(cfg *Config) ([]spec, error) {
	specs, err := bundled(cfg)
	if err != nil {
		return nil, err
	}
	for name, path := range cfg.Files {
		s, err := external(filepath.Dir(path), filepath.Base(path), name)
		if err == nil && taken(specs, name) {
			err = errors.New("another plugin has this name")
		}
		if err != nil {
			return nil, fault.Newf(fault.Invalid, "The plugin %s cannot be started.", path).Because(err)
		}
		specs = append(specs, s)
	}
	if cfg.Dir == "" {
		return specs, nil
	}
	files, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return nil, fault.Newf(fault.Precondition, "The plugin folder %s cannot be read. Create it, or configure none.", cfg.Dir).Because(err)
	}
	log := cfg.Log.With("component", "plugin")
	for _, f := range files {
		name, ok := strings.CutPrefix(f.Name(), filePrefix)
		if !ok || strings.HasSuffix(name, checksumSuffix) {
			continue
		}
		s, err := external(cfg.Dir, f.Name(), name)
		if err == nil && taken(specs, name) {
			err = errors.New("another plugin has this name")
		}
		if err != nil {
			log.Warn("file in the plugin folder is left out", "file", f.Name(), "reason", err)
			continue
		}
		specs = append(specs, s)
	}
	return specs, nil
}

func taken(specs []spec, name string) bool {
	return slices.ContainsFunc(specs, func(other spec) bool { return other.name == name })
}

func bundled(cfg *Config) ([]spec, error) {
	if len(cfg.Bundled) == 0 {
		return nil, nil
	}
	path := cfg.Executable
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("finding the own executable for bundled plugins: %w", err)
		}
		path = self
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the executable of bundled plugins: %w", err)
	}
	var specs []spec
	for i, name := range cfg.Bundled {
		if !nameForm.MatchString(name) || slices.Contains(cfg.Bundled[:i], name) {
			return nil, fault.Newf(fault.Invalid, "%q cannot name a bundled plugin: names are unique, of lower-case letters, digits and dashes.", name)
		}
		specs = append(specs, spec{name: name, path: path, args: []string{"plugin", "serve", name}, bundled: true})
	}
	return specs, nil
}

func external(dir, file, name string) (spec, error) {
	if !nameForm.MatchString(name) {
		return spec{}, errors.New("names are of lower-case letters, digits and dashes")
	}
	path, err := filepath.Abs(filepath.Join(dir, file))
	if err != nil {
		return spec{}, err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return spec{}, err
	case !info.Mode().IsRegular():
		return spec{}, errors.New("it is not a file")
	case info.Mode().Perm()&0o111 == 0:
		return spec{}, errors.New("it is not executable; chmod +x makes it so")
	}
	return spec{name: name, path: path}, nil
}

// verify refuses an external plugin whose file anybody may change, or does not
// have the checksum that stands beside it. It runs before each start, so a
// plugin may be replaced together with its checksum.
func (s spec) verify(require bool) error {
	if s.bundled {
		return nil
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("refused: everybody may write %s; chmod o-w makes it safe", s.path)
	}
	dir := filepath.Dir(s.path)
	found := false
	for _, file := range []string{s.path + checksumSuffix, filepath.Join(dir, s.name+checksumSuffix)} {
		want, err := readChecksum(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("refused: %w", err)
		}
		if err := s.check(want, file); err != nil {
			return err
		}
		found = true
	}
	if require && !found {
		return fmt.Errorf("refused: there is no checksum file %s", s.path+checksumSuffix)
	}
	return nil
}

func (s spec) check(want []byte, file string) error {
	secure := plugin.SecureConfig{Checksum: want, Hash: sha256.New()}
	ok, err := secure.Check(s.path)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("refused: the SHA-256 checksum of %s is not the one in %s", s.path, file)
	}
	return nil
}

// readChecksum reads what sha256sum writes: 64 hexadecimal digits, optionally
// followed by the file's name.
func readChecksum(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text))
	if len(fields) > 0 {
		if sum, err := hex.DecodeString(fields[0]); err == nil && len(sum) == sha256.Size {
			return sum, nil
		}
	}
	return nil, fmt.Errorf("%s does not begin with a SHA-256 checksum of 64 hexadecimal digits", file)
}
