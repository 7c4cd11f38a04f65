package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/wisr-dev/wisr/sdk"
)

// templates: "site" is what every site has; each language has "shared" for the top of a
// site, "plugin" for every plugin, "home" and "page". Of a name, ".tmpl" is cut off, after filling in what stands
// between {% and %}; "gitignore" gets its dot.
//
//go:embed templates
var templates embed.FS

// files are those to write: slash-separated names within the site to content.
type files struct {
	words words
	text  map[string][]byte
	err   error // the first; write returns it
}

func newFiles(w words) *files { return &files{words: w, text: make(map[string][]byte)} }

// template adds a folder of templates.
func (f *files) template(from, to string) {
	f.add(templates, path.Join("templates", from), to, func(name string, text []byte) (string, []byte) {
		dir, base := path.Split(name)
		if base == "gitignore.tmpl" {
			base = "." + base
		}
		base, filled := strings.CutSuffix(base, ".tmpl")
		if !filled {
			return dir + base, text
		}
		var out bytes.Buffer
		t, err := template.New(name).Delims("{%", "%}").Parse(string(text))
		if err == nil {
			err = t.Execute(&out, f.words)
		}
		f.failed(err)
		return dir + base, out.Bytes()
	})
}

// plugin adds the folder of a plugin, a "home" or a "page".
func (f *files) plugin(l Language, which, to string) {
	f.template(l.Name+"/plugin", to)
	f.template(l.Name+"/"+which, to)
}

// library adds a copy of the language's library.
func (f *files) library(l Language) {
	f.add(sdk.Files, l.library, l.Library(), func(name string, text []byte) (string, []byte) {
		if strings.HasSuffix(name, "_test.go") {
			return "", nil
		}
		return name, text
	})
	f.add(sdk.Files, "LICENSE", "sdk/LICENSE", func(name string, text []byte) (string, []byte) { return name, text })
}

// add adds the files below a folder, as change makes them of what they are.
func (f *files) add(from fs.FS, dir, to string, change func(name string, text []byte) (string, []byte)) {
	err := fs.WalkDir(from, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		into, text := change(path.Join(to, strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")), text)
		if into != "" {
			f.text[into] = text
		}
		return nil
	})
	if !errors.Is(err, fs.ErrNotExist) { // a language may share nothing
		f.failed(err)
	}
}

func (f *files) failed(err error) {
	if f.err == nil {
		f.err = err
	}
}

// keep leaves out a shared file that is there, and tells what has to be done to
// it for the new page; "" if nothing.
func (f *files) keep(site string, j joint) (mend string, err error) {
	text, err := os.ReadFile(filepath.Join(site, j.name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	delete(f.text, j.name)
	if bytes.Contains(text, []byte(j.knows)) {
		return "", nil
	}
	return j.mend, nil
}

// keepFile leaves out a file if it is there.
func (f *files) keepFile(site, name string) {
	if _, err := os.Lstat(filepath.Join(site, filepath.FromSlash(name))); err == nil {
		delete(f.text, name)
	}
}

// keepFolder leaves out all below a folder if that is there.
func (f *files) keepFolder(site, dir string) {
	if _, err := os.Lstat(filepath.Join(site, filepath.FromSlash(dir))); err == nil {
		maps.DeleteFunc(f.text, func(name string, _ []byte) bool { return strings.HasPrefix(name, dir+"/") })
	}
}

func (f *files) names() []string { return slices.Sorted(maps.Keys(f.text)) }

// write writes all files, or none: no file is replaced, and what was written
// before an error is removed.
func (f *files) write(site string) (err error) {
	if f.err != nil {
		return f.err
	}
	var made []string // files and folders, in order
	defer func() {
		if err == nil {
			return
		}
		for _, name := range slices.Backward(made) {
			if removing := os.Remove(name); removing != nil {
				err = errors.Join(err, removing)
			}
		}
	}()
	for _, name := range f.names() {
		file := filepath.Join(site, filepath.FromSlash(name))
		folders, err := makeFolders(filepath.Dir(file))
		made = append(made, folders...)
		if err != nil {
			return err
		}
		if err := writeNew(file, f.text[name]); err != nil {
			return err
		}
		made = append(made, file)
	}
	return nil
}

// makeFolders makes a folder and those above it, and tells which it made.
func makeFolders(dir string) (made []string, err error) {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if made, err = makeFolders(filepath.Dir(dir)); err != nil {
		return made, err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return made, err
	}
	return append(made, dir), nil
}

// writeNew writes a file that must not be there.
func writeNew(name string, text []byte) error {
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
