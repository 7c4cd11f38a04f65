package host_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wisr-dev/wisr/"

// floors is the house from top to bottom. A package may import what is on a
// floor below its own, nothing beside it and nothing above.
var floors = [][]string{
	{"cmd/wisr"},
	{"host"},
	{"host/dev", "host/prerender", "host/serve", "host/admin"},
	{"host/cluster"},
	{"host/store/jetstream", "host/store/memory"},
	{"host/api", "host/watch", "host/demand", "host/guard", "host/uncached", "host/encode", "host/store/dir", "host/store/copying", "host/config"},
	{"host/isr", "host/webhook", "host/purge"},
	{"plugins/registry"},
	{"plugins/build", "plugins/sandbox", "plugins/scaffold"},
	{"plugins/manifest", "plugins/build/bundle", "plugins/build/link", "plugins/sandbox/snapshot", "plugins/sandbox/meter"},
	{"plugins/page", "plugins/egress", "plugins/sandbox/wasm", "plugins/manifest/strict", "plugins/signature"},
	{"plugins/route", "plugins/shell", "plugins/toolchain", "sdk", "sdk/js"},
	{"plugins/quote"},
}

// apart are folders that nothing above imports: guests' libraries and sites.
var apart = []string{"sdk/", "examples/", "testdata/"}

// reserved are the packages that only one folder may import.
var reserved = map[string]string{
	"github.com/extism/go-sdk":        "plugins/sandbox",
	"github.com/tetratelabs/wazero":   "plugins/sandbox",
	"github.com/gofiber/fiber/v2":     "host",
	"github.com/dgraph-io/ristretto/": "host/store/memory",
	"github.com/nats-io/nats-server/": "host/cluster",
	"github.com/nats-io/nats.go":      "host",
	"github.com/alecthomas/kong":      "cmd/wisr",
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointDown(t *testing.T) {
	floor := make(map[string]int)
	for i, packages := range floors {
		for _, p := range packages {
			floor[p] = i
		}
	}
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		at, known := floor[name]
		isApart := slices.ContainsFunc(apart, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if strings.HasSuffix(name, "test") { // storetest and the like: used by tests only
			continue
		}
		if !known && !isApart {
			t.Errorf("%s is on no floor: add it to the list in this test", name)
		}
		for _, imported := range p.Imports {
			for prefix, owner := range reserved {
				if strings.HasPrefix(imported, prefix) && !strings.HasPrefix(name, owner) {
					t.Errorf("%s imports %s, which only %s may", name, imported, owner)
				}
			}
			own, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			below, known := floor[own]
			switch {
			case isApart && !slices.ContainsFunc(apart, func(prefix string) bool { return strings.HasPrefix(own, prefix) }):
				t.Errorf("%s imports %s: guests know nothing of the host", name, own)
			case !isApart && !known:
				t.Errorf("%s imports %s, which is not of the host", name, own)
			case !isApart && below <= at:
				t.Errorf("%s imports %s, which is not below it", name, own)
			}
		}
	}
}

func TestTheEngineKnowsNoHTTPNoWasmNoDisk(t *testing.T) {
	for _, p := range list(t) {
		if p.ImportPath != module+"host/isr" {
			continue
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "net") || imported == "os" || imported == "io/fs" || strings.HasPrefix(imported, "path/filepath") {
				t.Errorf("host/isr imports %s", imported)
			}
		}
		return
	}
	t.Fatal("host/isr is not there")
}

func TestNoPackageHasANameThatSaysNothing(t *testing.T) {
	for _, p := range list(t) {
		if slices.Contains([]string{"util", "utils", "common", "helpers", "models", "types", "misc"}, path.Base(p.ImportPath)) {
			t.Errorf("%s: name it after what it does", p.ImportPath)
		}
	}
}

// list returns the packages of the module, without their tests' imports.
func list(t *testing.T) []listed {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
