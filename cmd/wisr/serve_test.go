package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// helloSite is a site of one good page.
func helloSite(t *testing.T) string {
	t.Helper()
	site := t.TempDir()
	hello, err := os.ReadFile("../../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	put(t, site, "plugins/good/hello.wasm", string(hello))
	put(t, site, "plugins/good/plugin.toml", "name = \"good\"\nroute = \"/\"\nmodule = \"hello.wasm\"\n")
	return site
}

func put(t *testing.T, site, name, content string) {
	t.Helper()
	file := filepath.Join(site, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// endsWhenWritten is a program that reads where a host listens, and stops it.
type endsWhenWritten struct {
	bytes.Buffer
	cancel func()
}

func (w *endsWhenWritten) Write(p []byte) (int, error) {
	defer w.cancel()
	return w.Buffer.Write(p)
}

func TestStartForAProgramPrintsItsAddressesAndLogsAsJSON(t *testing.T) {
	for _, command := range []string{"start", "dev"} {
		ctx, cancel := context.WithCancel(t.Context())
		out := &endsWhenWritten{cancel: cancel}
		var log bytes.Buffer
		args := []string{command, helloSite(t), "--json", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
		if code := run(ctx, args, out, &log); code != exitDone {
			t.Errorf("%s: code %d\n%s", command, code, &log)
		}
		var addresses map[string]string
		if err := json.Unmarshal(out.Bytes(), &addresses); err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		for _, name := range []string{"site", "admin"} {
			if !strings.HasPrefix(addresses[name], "http://127.0.0.1:") || !strings.HasSuffix(addresses[name], "/") {
				t.Errorf("%s: %s is %q", command, name, addresses[name])
			}
		}
		for line := range strings.Lines(log.String()) {
			var record struct{ Level, Msg string }
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Level != "INFO" {
				t.Errorf("%s: %v: %s", command, err, line)
			}
		}
	}
}

func TestAnInterruptedCommandSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, command := range []string{"build", "start", "dev", "check"} {
		var out, err bytes.Buffer
		if code := run(ctx, []string{command, helloSite(t)}, &out, &err); code != exitFailed {
			t.Errorf("%s: code %d", command, code)
		}
		if !strings.HasSuffix(err.String(), "wisr: interrupted\n") || out.Len() > 0 {
			t.Errorf("%s: %q %q", command, out.String(), err.String())
		}
	}
}
