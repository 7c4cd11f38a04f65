package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Page adds a plugin of a name to a site: its page is /NAME/[name]. plugins is the
// site's folder of plugins. Of what pages of the language share, it adds what is missing.
func Page(site, plugins, name string, l Language) (*Made, error) {
	site, err := filepath.Abs(site)
	if err != nil {
		return nil, err
	}
	if !manifest.IsName(name) {
		return nil, fmt.Errorf("%q is no name for a page; want lower-case letters, digits and \"-\", beginning with a letter or digit: %s", name, slug(name))
	}
	if err := free(plugins, name); err != nil {
		return nil, err
	}
	// The library of a page is found from its folder by "../../sdk".
	below, err := filepath.Rel(site, filepath.Join(plugins, name))
	if err != nil || strings.Count(filepath.ToSlash(below), "/") != 1 || !filepath.IsLocal(below) {
		return nil, fmt.Errorf("new page: the plugins of %s are in %s, and templates know only a folder right in the site; make %s by hand, after one that is there", site, plugins, below)
	}

	w := words{Title: title(slug(filepath.Base(site))), Package: slug(filepath.Base(site)), Name: name, Language: l}
	_, err = os.Stat(filepath.Join(site, "public", "style.css"))
	w.Style = err == nil
	f := newFiles(w)
	f.plugin(l, "page", filepath.ToSlash(below))
	f.template(l.Name+"/shared", "")
	f.library(l)
	made := &Made{Dir: filepath.Join(plugins, name)}
	for _, j := range l.shared {
		mend, err := f.keep(site, j)
		if err != nil {
			return nil, fmt.Errorf("new page: %w", err)
		}
		if mend != "" {
			made.Mend = append(made.Mend, mend)
		}
	}
	f.keepFolder(site, l.Library())
	f.keepFile(site, "sdk/LICENSE")
	if err := f.write(site); err != nil {
		return nil, fmt.Errorf("new page: %w", err)
	}
	made.Files = f.names()
	return made, nil
}

// free is nil if no plugin has the name or the paths of the new page.
func free(plugins, name string) error {
	if _, err := os.Lstat(filepath.Join(plugins, name)); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is a plugin %s already: %s; give another name", name, filepath.Join(plugins, name))
	}
	want, err := route.Parse("/" + name + "/[name]")
	if err != nil {
		return fmt.Errorf("new page: %w", err)
	}
	folders, err := os.ReadDir(plugins)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("new page: %w", err)
	}
	for _, folder := range folders {
		m, _ := manifest.Load(filepath.Join(plugins, folder.Name())) // what has an error is told by wisr dev
		switch {
		case m == nil:
		case m.Name == name:
			return fmt.Errorf("the plugin in %s has the name %s already; give another name", m.Dir, name)
		case m.Route.Shape() == want.Shape():
			return fmt.Errorf("the plugin %s serves %s already; give another name", m.Name, m.Route)
		}
	}
	return nil
}
