package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// firstPage is the page with a parameter that a new site has.
const firstPage = "hello"

// Made is what was written.
type Made struct {
	Dir   string   `json:"dir"`   // absolute: the site, or the plugin of a page
	Files []string `json:"files"` // relative to the site, slash-separated, sorted

	// Mend are commands to be run at the top of the site, where a file that
	// pages share is there and does not have what the new one needs.
	Mend []string `json:"mend,omitempty"`
}

// words are what templates fill in. Each is of lower-case letters, digits, "-"
// and spaces, and means the same in every language's source.
type words struct {
	Title    string // of the site: "My shop"
	Package  string // of the site, for package managers: "my-shop"
	Name     string // of the page
	Style    bool   // there is a public/style.css
	Language Language
}

// Site makes a site in a folder, which must be empty or not there. Its name
// becomes the site's.
func Site(dir string, l Language) (*Made, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("new site: %w; give a folder that is new or empty", err)
	case len(entries) > 0:
		return nil, fmt.Errorf("%s is not empty: it has %s; give a folder that is new or empty", dir, entries[0].Name())
	}
	name := slug(filepath.Base(dir))
	f := newFiles(words{Title: title(name), Package: name, Name: firstPage, Style: true, Language: l})
	f.template("site", "")
	f.template(l.Name+"/shared", "")
	f.plugin(l, "home", "plugins/home")
	f.plugin(l, "page", "plugins/"+firstPage)
	f.library(l)
	if err := f.write(dir); err != nil {
		return nil, fmt.Errorf("new site: %w", err)
	}
	return &Made{Dir: dir, Files: f.names()}, nil
}

// slug is the name for package managers that is nearest to a folder's.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 {
		return "site"
	}
	return strings.Join(words, "-")
}

func title(slug string) string {
	text := strings.ReplaceAll(slug, "-", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}
