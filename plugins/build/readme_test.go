package build

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/tools/txtar"
)

// The page in the README is one.
func TestThePageOfTheREADMEIsBuilt(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "sdk", "js", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```tsx\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatal("there is no page in it")
	}
	dir := sources(t, []txtar.File{{Name: "page.tsx", Data: found[1]}, {Name: "package.json", Data: []byte(`{"dependencies":{"preact":"10"}}`)}})
	if _, _, err := makeSource(dir, "page.tsx"); err != nil {
		t.Error(err)
	}
}
