package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/route"
)

const (
	maxName = 63   // a DNS label, so that a name can be part of a host name or a metric
	maxGlob = 1024 // bytes; matching takes longer the longer a glob is
	maxFile = 255  // bytes of a guest's file name, as in most file systems
)

// checker looks at what types cannot say and completes the manifest.
type checker struct {
	doc *strict.Document
	m   *Manifest
}

func (c *checker) check(f file) {
	c.name(f.Name)
	c.route(f.Route)
	c.module(f.Module)
	c.sha256(f.SHA256)
	c.build(f.Build)
	c.limits(f.Limits)
	c.fetch(f.Fetch)
	c.files(f.Files)
	c.config(f.Config)
}

// config takes over the guest's strings. What the environment holds is for the
// host: a guest would see it, and so would who reads its pages.
func (c *checker) config(settings map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		key, value := strict.Key("config", name), settings[name]
		variables, _ := strict.References(value) // what is no reference is meant as it stands
		switch {
		case name == "":
			c.doc.Errorf(key, "give the setting a name", "[config] has a key without a name")
		case len(variables) > 0:
			c.doc.Errorf(key, "a secret that goes with requests is added to them by [fetch.headers]; for the text itself write $${"+variables[0]+"}",
				"%s refers to the environment variable %s, but the guest can read its [config]", key, variables[0])
		default:
			if c.m.Config == nil {
				c.m.Config = make(map[string]string, len(settings))
			}
			c.m.Config[name], _ = strict.Expand(value, func(string) (string, bool) { return "", false })
		}
	}
}

func (c *checker) name(name string) {
	if !c.doc.Has("name") {
		c.doc.Errorf("name", `add name = "blog" at the top of the file, with a name of your own`, "name is missing")
		return
	}
	if IsName(name) {
		return
	}
	hint := ""
	if s := slug(name); s != "" {
		hint = fmt.Sprintf("write name = %q", s)
	}
	c.doc.Errorf("name", hint, "name is %s; want at most %d lower-case letters, digits and \"-\", beginning with a letter or digit", c.doc.Quote("name"), maxName)
}

// IsName tells whether a plugin may be called s.
func IsName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' && i > 0) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// slug is the name that comes nearest to s, or "".
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
		if b.Len() == maxName {
			break
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

func (c *checker) route(s string) {
	if !c.doc.Has("route") {
		c.doc.Errorf("route", `add route = "/blog/[slug]" at the top of the file, with the paths that the plugin serves`, "route is missing")
		return
	}
	p, err := route.Parse(s)
	if err != nil {
		c.doc.Errorf("route", "", "%v", err)
		return
	}
	c.m.Route = p
}

func (c *checker) module(s string) {
	if !c.doc.Has("module") {
		c.doc.Errorf("module", `add module = "blog.wasm" at the top of the file, with the name of the compiled module`, "module is missing")
		return
	}
	quoted := c.doc.Quote("module")
	clean := path.Clean(s)
	switch {
	case strings.Contains(s, `\`):
		c.doc.Errorf("module", fmt.Sprintf("write module = %q", strings.ReplaceAll(s, `\`, "/")), "module is %s; folders are separated by \"/\"", quoted)
	case s == "", strings.ContainsFunc(s, unicode.IsControl):
		c.doc.Errorf("module", `write module = "blog.wasm"`, "module is %s; want the name of a .wasm file", quoted)
	case path.IsAbs(s), !filepath.IsLocal(filepath.FromSlash(clean)):
		c.doc.Errorf("module", "write its path from there, or copy it there", "module is %s; want a file inside the plugin's folder", quoted)
	case IsSource(clean):
		c.m.Source = clean
		c.m.Module = strings.TrimSuffix(clean, path.Ext(clean)) + ".wasm"
	case path.Ext(s) != ".wasm" || path.Base(clean) == ".wasm":
		c.doc.Errorf("module", "name the compiled file here; how it is made from source is said by [build] command. A page in TypeScript or JavaScript is named itself: page.tsx", "module is %s; want a file that ends in .wasm", quoted)
	default:
		c.m.Module = clean
	}
}

// IsSource tells whether wisr makes the module of this file by itself, by its name.
func IsSource(file string) bool {
	ext := path.Ext(file)
	return slices.Contains([]string{".tsx", ".jsx", ".ts", ".js", ".mjs"}, ext) && path.Base(file) != ext
}

func (c *checker) sha256(s string) {
	if !c.doc.Has("sha256") {
		return
	}
	sum, err := hex.DecodeString(s)
	if err != nil || len(sum) != sha256.Size {
		c.doc.Errorf("sha256", "write what `sha256sum` says of the module, or remove it", "sha256 is %s; want the SHA-256 of the module as %d hexadecimal digits", c.doc.Quote("sha256"), 2*sha256.Size)
		return
	}
	c.m.SHA256 = strings.ToLower(s)
}

func (c *checker) build(f fileBuild) {
	switch {
	case !c.doc.Has("build"):
	case c.m.Source != "":
		c.doc.Errorf("build", "remove [build], or name in module what the command makes", "[build] has nothing to do: the module is made of %s by wisr itself", c.m.Source)
	case !c.doc.Has("build.command"):
		c.doc.Errorf("build.command", `add command = "…", which makes the module, or remove [build]`, "[build] has no command")
	case strings.TrimSpace(f.Command) == "", strings.ContainsRune(f.Command, 0):
		c.doc.Errorf("build.command", "write the command that makes the module, or remove [build]", "build.command is %s; want a command", c.doc.Quote("build.command"))
	}
	for i, glob := range f.Watch {
		if problem, hint := CheckGlob(glob); problem != "" {
			key := fmt.Sprintf("build.watch[%d]", i)
			c.doc.Errorf(key, hint, "%s is %s; %s", key, c.doc.Quote(key), problem)
			continue
		}
		for strings.HasPrefix(glob, "./") {
			glob = strings.TrimLeft(glob[2:], "/")
		}
		c.m.Build.Watch = append(c.m.Build.Watch, glob)
	}
}

// CheckGlob says what is wrong with a glob of watch, and what to do; "" if nothing.
func CheckGlob(glob string) (problem, hint string) {
	switch {
	case strings.Trim(glob, "./") == "":
		return "it names no files", `write "*.go" for files, or "content/**" for a folder with all below it`
	case len(glob) > maxGlob:
		return fmt.Sprintf("it is longer than %d bytes", maxGlob), ""
	case strings.ContainsFunc(glob, unicode.IsControl):
		return "it has a control character", ""
	case path.IsAbs(glob) || filepath.IsAbs(glob):
		return "it is absolute", `write it relative to the folder of this file; "../" at its start leads out of it`
	}
	rest := glob
	for strings.HasPrefix(rest, "../") || strings.HasPrefix(rest, "./") {
		_, rest, _ = strings.Cut(rest, "/")
	}
	if slices.Contains(strings.Split(rest, "/"), "..") {
		return `it has ".." after its start`, `"../" can only stand at the start`
	}
	if !doublestar.ValidatePattern(glob) {
		return "it is not a valid pattern", `"*" is any text within a name, "**" any folders, [ab] one of the characters, {a,b} one of the texts; a backslash before one of these makes it literal`
	}
	return "", ""
}

func (c *checker) files(files map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		key := strict.Key("files", name)
		switch {
		case name == "", name == ".", name == "..", len(name) > maxFile,
			strings.ContainsAny(name, `/\`), strings.ContainsFunc(name, unicode.IsControl):
			c.doc.Errorf(key, `write content = "./content"; the guest sees it as /content`, "[files] has the name %q; want the name of one folder", name)
		case files[name] == "", strings.ContainsRune(files[name], 0):
			c.doc.Errorf(key, fmt.Sprintf("write %s = \"./content\", or remove it", strict.Key(name)), "%s is %s; want the path of a folder", key, c.doc.Quote(key))
		default:
			if variables, _ := strict.References(files[name]); len(variables) > 0 {
				c.doc.Errorf(key, "write the path itself, absolute or relative to the plugin's folder",
					"%s refers to the environment variable %s, but [files] is read as it stands: what it names, the guest can read", key, variables[0])
			}
		}
	}
}
