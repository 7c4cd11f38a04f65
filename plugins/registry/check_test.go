package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree lists what is below a folder, with size and time of each file.
func tree(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		all = append(all, fmt.Sprint(path, info.Size(), info.Mode(), info.ModTime()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Check finds what keeps a plugin from loading without running any of its code,
// which is where it ends: it cannot know what getStaticPaths would say.
func TestCheckRunsNoGuestAndWritesNothing(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	for _, b := range brokenPlugins {
		b.make(s, b)
	}
	s.relay("good", "/good/[x]")
	s.plugin("starts", "/starts", "starttrap.wasm") // would trap if it were started
	s.plugin("loops", "/loops", "initloop.wasm")    // would loop
	s.opt.State = filepath.Join(t.TempDir(), "not", "there")
	before := tree(t, s.opt.Dir)

	checkups, err := Check(t.Context(), s.opt)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.upstream.Called(""); n != 0 {
		t.Errorf("the upstream was called %d times", n)
	}
	if after := tree(t, s.opt.Dir); !slices.Equal(before, after) {
		t.Errorf("the folder changed from\n%v to\n%v", before, after)
	}
	if _, err := os.Stat(s.opt.State); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder for lists: %v", err)
	}

	byName := make(map[string]*Checkup)
	for i := range checkups {
		byName[checkups[i].Plugin] = &checkups[i]
	}
	if len(byName) != len(brokenPlugins)+3 {
		t.Errorf("%d plugins were checked", len(byName))
	}
	for _, b := range brokenPlugins {
		c := byName[b.name]
		if c == nil || c.Dir != filepath.Join(s.opt.Dir, b.name) {
			t.Errorf("%s: %+v", b.name, c)
			continue
		}
		runs := strings.Contains(b.says, "getStaticPaths: ") || b.name == "wide"
		if !runs && (len(c.Errors) != 1 || !strings.Contains(c.Err().Error(), b.says)) {
			t.Errorf("%s: the errors are %v, want %q", b.name, c.Errors, b.says)
		}
		if runs && c.Err() != nil {
			t.Errorf("%s: %v", b.name, c.Err())
		}
		if (c.Manifest != nil) != (b.route != "") {
			t.Errorf("%s: the manifest is %v", b.name, c.Manifest)
		}
	}
	for _, name := range []string{"good", "starts", "loops"} {
		if c := byName[name]; c.Err() != nil || c.Module == nil || len(c.Module.Exports) == 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := byName["norender"]; c.Module == nil { // what it is is told all the same
		t.Errorf("norender: %+v", c)
	}
	if c := byName["rubbish"]; c.Module != nil {
		t.Errorf("rubbish is %+v", c.Module)
	}
}

func TestCheckTellsOfNamesAndRoutesThatTwoWant(t *testing.T) {
	s := newSite(t)
	s.plugin("a", "/page/[x]", "relay.wasm")
	s.plugin("b", "/page/[y]", "relay.wasm")
	s.folder("c", "hello.wasm", "name = \"a\"\nroute = \"/c\"\nmodule = \"hello.wasm\"\n")
	s.folder("d", "", "name = \"d\"\nroute = \"/page/[z]\"\nmodule = \"gone.wasm\"\n")
	checkups, err := Check(t.Context(), s.opt)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		nil,
		{"route /page/[y] of plugin b matches the same paths as route /page/[x] of plugin a"},
		{`the name "a" is taken by the plugin in ` + filepath.Join(s.opt.Dir, "a")},
		{"gone.wasm is not there", "route /page/[z] of plugin d matches the same paths as route /page/[x] of plugin a"},
	} {
		errs := checkups[i].Errors
		if len(errs) != len(want) {
			t.Errorf("%s: the errors are %v, want %q", checkups[i].Dir, errs, want)
			continue
		}
		for j := range want {
			if !strings.Contains(errs[j].Error(), want[j]) {
				t.Errorf("%s: error %d is %v, want %q", checkups[i].Dir, j, errs[j], want[j])
			}
		}
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	s.plugin("page", "/page", "hello.wasm")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, s.opt); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
