package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/isr"
)

// Nothing outside of the host can take a plugin away while it runs, yet.
func TestS145PagesAreSweptWhenAPluginGoesWhileTheHostRuns(t *testing.T) {
	site := t.TempDir()
	module, err := os.ReadFile("../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stays", "goes"} {
		folder := filepath.Join(site, "plugins", name)
		manifest := fmt.Sprintf("name = %q\nroute = \"/%s\"\nmodule = \"hello.wasm\"\n", name, name)
		err := errors.Join(os.MkdirAll(folder, 0o755),
			os.WriteFile(filepath.Join(folder, "hello.wasm"), module, 0o644),
			os.WriteFile(filepath.Join(folder, "plugin.toml"), []byte(manifest), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(site, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	h, err := Open(ctx, cfg, Options{Mode: Start, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.WithoutCancel(ctx))
	for _, v := range h.registry.Table().Versions {
		filled := make(chan isr.Filled, 1)
		h.engine.Fill(isr.Page{Key: "/" + v.Plugin, Plugin: v.Plugin, Version: v.ID}, filled)
		if f := <-filled; f.Err != nil {
			t.Fatal(f.Err)
		}
	}
	folder := filepath.Join(site, "plugins", "goes")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := h.registry.Reload(ctx, folder); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		_, err := h.store.Get(ctx, "/goes")
		if errors.Is(err, isr.ErrNotFound) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("its page is still there (%v)", err)
		}
	}
	if _, err := h.store.Get(ctx, "/stays"); err != nil {
		t.Errorf("the page of the other plugin: %v", err)
	}
}
