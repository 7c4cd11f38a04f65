package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Load reads the settings of the site in a folder. lookupEnv is
// [os.LookupEnv], or what stands in for it.
//
// A folder with plugins and no wisr.toml is a site with the defaults. A folder
// with neither is an error, in which errors.Is finds [fs.ErrNotExist]. Errors
// about the content are of type [strict.Errors].
func Load(dir string, lookupEnv func(string) (string, bool)) (*Config, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("site folder %s: %w", dir, err)
	}
	switch info, err := os.Stat(abs); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &missingError{"there is no folder " + dir + "; give the folder of a site"}
	case err != nil:
		return nil, fmt.Errorf("the site's folder: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; give the folder of the site that it is in", dir)
	}
	name := filepath.Join(dir, FileName)
	data, err := strict.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		plugins := defaults().Plugins.Dir
		if !isDir(filepath.Join(abs, plugins)) {
			return nil, &missingError{fmt.Sprintf("%s is not a site: it has neither a %s nor a folder %q; give the folder of a site, or make one of the two there", dir, FileName, plugins)}
		}
	case err != nil:
		return nil, fmt.Errorf("read settings: %w", err)
	}
	c, doc, err := parse(name, data, lookupEnv)
	if err != nil {
		return nil, err
	}
	c.Dir = abs
	if doc.Has("plugins.dir") && !isDir(c.Path(c.Plugins.Dir)) {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s:%d: plugins.dir is %s, and there is no such folder", name, doc.Line("plugins.dir"), doc.Quote("plugins.dir")))
	}
	return c, nil
}

// missingError is what is not there, in words that need no "file does not exist" after them.
type missingError struct{ text string }

func (e *missingError) Error() string { return e.text }

func (e *missingError) Unwrap() error { return fs.ErrNotExist }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// parse is Load without the disk.
func parse(name string, data []byte, lookupEnv func(string) (string, bool)) (*Config, *strict.Document, error) {
	if lookupEnv == nil { // "${NAME}" is never to be taken for a secret itself
		lookupEnv = func(string) (string, bool) { return "", false }
	}
	raw := defaults()
	doc, err := strict.DecodeEnv(name, data, &raw, lookupEnv)
	if doc == nil {
		return nil, nil, err
	}
	c := raw.config()
	check(doc, raw, c)
	if err := doc.Err(); err != nil {
		return nil, nil, err
	}
	for _, u := range doc.Unset() {
		what := u.Key
		if table, _, listed := strings.Cut(u.Key, "]."); listed { // of a [[webhook]] or [[purge]]; see isOff
			what += ", and with it all of " + table + "],"
		}
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s:%d: %s counts as absent: %s", name, u.Line, what, unset(u)))
	}
	return c, doc, nil
}

// unset says why a key counts as absent.
func unset(u strict.Unset) string {
	if len(u.Names) == 1 {
		return fmt.Sprintf("the environment variable %s is not set, or empty", u.Names[0])
	}
	return fmt.Sprintf("the environment variables %s are not set, or empty", strings.Join(u.Names, ", "))
}
