package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// gopage is testdata/gopage, compiled once in a run by the toolchain on PATH.
func gopage(t testing.TB) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles a module in Go")
	}
	module, err := buildGopage()
	if err != nil {
		t.Fatal(err)
	}
	return module
}

var buildGopage = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "gopage")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "page.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, "./testdata/gopage")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return os.ReadFile(file)
})

// listInput is an input of about 13 KB for gopage.
func listInput() []byte {
	type item struct {
		Name  string   `json:"name"`
		Text  string   `json:"text"`
		Tags  []string `json:"tags"`
		Price float64  `json:"price"`
	}
	items := make([]item, 60)
	for n := range items {
		items[n] = item{fmt.Sprint("Item ", n), strings.Repeat("text & more ", 11), []string{"red", "green", "blue"}, float64(n) * 1.37}
	}
	return input(map[string]any{"items": items})
}

func input(props any) []byte {
	// Strings and numbers always are JSON.
	data, _ := json.Marshal(map[string]any{"route": "/list", "path": "/list", "props": props})
	return data
}
