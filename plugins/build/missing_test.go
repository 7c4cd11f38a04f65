//go:build unix

package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAMissingToolIsToldWithTheCommandThatInstallsIt(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	if err := os.Symlink(sh, filepath.Join(path, "sh")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path)
	m := plugin(t, "blog")
	m.Build.Command = "clang -o page.wasm page.c"
	_, err = New(Options{}).Build(context.Background(), m)
	var failed *Error
	if !errors.As(err, &failed) || !strings.Contains(failed.Missing, "clang is not installed: see https://") || !strings.Contains(err.Error(), failed.Missing) {
		t.Errorf("%v", err)
	}
}
