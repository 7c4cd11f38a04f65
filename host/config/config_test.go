package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/route"
)

func noEnv(string) (string, bool) { return "", false }

func site(t *testing.T, text string, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range folders {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLoad(t *testing.T) {
	dir := site(t, "[plugins]\ndir = \"pages\"\n", "pages")
	c, err := Load(dir, noEnv)
	if err != nil || c.Dir != dir || c.Plugins.Dir != "pages" || len(c.Warnings) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
	t.Chdir(dir)
	if c, err = Load(".", nil); err != nil || c.Dir != dir {
		t.Errorf("a relative folder gives %+v, %v", c, err)
	}
	if c, err = Load("", nil); err != nil || c.Dir != dir {
		t.Errorf("no folder gives %+v, %v", c, err)
	}
}

func TestAFolderWithPluginsIsASiteWithDefaults(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Load(dir, noEnv)
	if err != nil || c.Dir != dir || c.Server.Listen != "127.0.0.1:3000" || c.Cache.Memory != 50<<20 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestWhatIsNoSiteIsToldWithWhatWasLookedFor(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                        `is not a site: it has neither a wisr.toml nor a folder "plugins"`,
		file:                       "is a file",
		filepath.Join(dir, "none"): "there is no folder",
	} {
		_, err := Load(path, noEnv)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
		if errors.Is(err, fs.ErrNotExist) != (path != file) {
			t.Errorf("%s: %v and fs.ErrNotExist", path, err)
		}
	}
}

func TestAPluginsFolderThatIsNotThereIsAWarning(t *testing.T) {
	dir := site(t, "\n[plugins]\ndir = \"pagse\"\n")
	c, err := Load(dir, noEnv)
	want := filepath.Join(dir, FileName) + `:3: plugins.dir is "pagse", and there is no such folder`
	if err != nil || len(c.Warnings) != 1 || c.Warnings[0] != want {
		t.Errorf("got %+v, %v", c, err)
	}
	// Plugins may all come over HTTP: nothing said, nothing to warn of.
	if c, err := Load(site(t, ""), noEnv); err != nil || len(c.Warnings) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestErrorsNameTheFileAsItWasGiven(t *testing.T) {
	dir := site(t, "x = 1\n")
	t.Chdir(filepath.Dir(dir))
	_, err := Load(filepath.Base(dir), noEnv)
	var errs strict.Errors
	if !errors.As(err, &errs) || errs[0].File != filepath.Join(filepath.Base(dir), FileName) {
		t.Errorf("got %v", err)
	}
}

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	dir := site(t, "[admin]\ntoken = \"${T}\"\n[revalidate]\nsecret = \"${R}\"\n[draft]\nsecret = \"d\"\n")
	c, err := Load(dir, func(name string) (string, bool) {
		return "value of " + name, name == "T"
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Admin.Token.Reveal() != "value of T" || c.Revalidate.Secret.IsSet() || !c.Draft.Secret.Matches("d") {
		t.Error("secrets are wrong")
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "revalidate.secret") || !strings.Contains(c.Warnings[0], " R ") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestPathIsRelativeToTheSite(t *testing.T) {
	c := &Config{Dir: filepath.FromSlash("/srv/site")}
	for in, want := range map[string]string{
		".wisr/pages": "/srv/site/.wisr/pages", "../x": "/srv/x", "": "/srv/site", "./a//b/": "/srv/site/a/b", "/abs/../etc": "/etc",
	} {
		if got := c.Path(in); got != filepath.FromSlash(want) {
			t.Errorf("Path(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzParse looks for panics, for settings that are accepted and break what
// Config promises, and for values of the environment in what is printed.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "[site]\nbase_path = '/docs'\nlocales = ['en', 'de']\ndefault_locale = 'en'\nnot_found_revalidate = '1m'\ntrailing_slash = true\n",
		"[server]\nlisten = ':0'\n[admin]\nlisten = '0.0.0.0:9090'\ntoken = '${A}'\n", "[admin]\nlisten = '[::1%lo]:1'\n", "[server]\nlisten = '${A}'\n",
		"[cache]\nmemory = '0'\nstore = 'dir:x'\nmax_size = '1GB'\nexpire = '1h'\ntags_header = true\n[render]\nworkers = 1\nqueue = 1\nmemory = '1GB'\n",
		"[grants]\nfetch = ['https://a.example', '${A}']\nfiles = ['x']\nprivate_networks = true\n[plugins]\ndir = 'x'\nwatch = false\n",
		"[revalidate]\nsecret = 'a'\n[draft]\nsecret = 'a'\n", "[site]\nbase_path = '${A}'\nlocales = ['${A}']\ndefault_locale = '${A}'\n[cache]\nstore = '${A}'\nmemory = '${A}'",
	} {
		f.Add([]byte(s))
	}
	const secret = "S3CR3T+value"
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _, err := parse(FileName, data, func(name string) (string, bool) { return secret, name == "A" })
		if err != nil {
			var errs strict.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %T", err)
			}
			if strings.Contains(err.Error(), secret) && !strings.Contains(string(data), secret) {
				t.Fatalf("shows a value of the environment: %v", err)
			}
			return
		}
		if base := c.Site.BasePath; base != "" {
			if canonical, err := route.Canonical(base); err != nil || canonical != base || base == "/" {
				t.Fatalf("base path %q", base)
			}
		}
		if (len(c.Site.Locales) == 0) != (c.Site.DefaultLocale == "") {
			t.Fatalf("locales %q, default %q", c.Site.Locales, c.Site.DefaultLocale)
		}
		for _, addr := range []string{c.Server.Listen, c.Admin.Listen} {
			if problem, _ := checkAddress(addr); problem != "" {
				t.Fatalf("listens on %q: %s", addr, problem)
			}
		}
		if needsToken(c.Admin) || c.Cache.Expire <= 0 || c.Site.NotFoundRevalidate <= 0 || c.Render.Queue < 1 || c.Render.Workers < 0 || c.Cache.Store.Place == "" {
			t.Fatalf("got %+v", c)
		}
	})
}
