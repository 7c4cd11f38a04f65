package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSize(t *testing.T) {
	good := map[string]struct {
		bytes Size
		text  string
	}{
		"0": {0, "0"}, "0MB": {0, "0"}, "1B": {1, "1B"}, "1500B": {1500, "1500B"}, "1KB": {1 << 10, "1KB"}, "1024B": {1 << 10, "1KB"},
		"512KB": {512 << 10, "512KB"}, "128MB": {128 << 20, "128MB"}, "8MiB": {8 << 20, "8MB"}, "1KiB": {1 << 10, "1KB"},
		"1536MB": {1536 << 20, "1536MB"}, "2GB": {2 << 30, "2GB"}, "2GiB": {2 << 30, "2GB"}, "1TB": {1 << 40, "1TB"}, "3TiB": {3 << 40, "3TB"},
		"8388607TB": {8388607 << 40, "8388607TB"},
	}
	for in, want := range good {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err != nil || s != want.bytes || s.String() != want.text {
			t.Errorf("%q: got %d (%s), %v; want %d (%s)", in, s, s, err, want.bytes, want.text)
		}
	}
	bad := map[string]string{ // to the guess
		"": "", "128": "128MB", "128mb": "128MB", "128 MB": "128MB", "128M": "128MB", "64k": "64KB", "1 gib": "1GB", "1_000 KB": "1000KB", "12 bytes": "12B",
		"-1MB": "", "1.5GB": "", "MB": "", "1MBB": "", "1MBMB": "", "8388608TB": "", "99999999999999999999B": "", "0x1MB": "", "１MB": "", "1XB": "", "+1MB": "",
	}
	for in, guess := range bad {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q is taken as %d", in, s)
		}
		if got := guessSize(in); got != guess {
			t.Errorf("guessSize(%q) = %q, want %q", in, got, guess)
		}
	}
}

func TestDuration(t *testing.T) {
	good := map[string]string{
		"10s": "10s", "1h30m": "1h30m", "250ms": "250ms", "8760h": "8760h", "60s": "1m", "90m": "1h30m", "3600s": "1h", "1h0m5s": "1h0m5s", "1ns": "1ns", "1.5s": "1.5s",
	}
	for in, want := range good {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err != nil || d.String() != want {
			t.Errorf("%q: got %s, %v; want %s", in, d, err, want)
		}
	}
	bad := map[string]string{
		"": "", "0": "", "0s": "", "-1s": "", "10": "10s", "1d": "24h", "2 weeks": "336h", "365d": "8760h", "5 min": "5m", "10 sec": "10s", "1y": "8760h", "250 ms": "250ms", "3 Hours": "3h",
		"soon": "", "1x": "", "99999999d": "", "10,5s": "", "1h 30m": "",
	}
	for in, guess := range bad {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q is taken as %s", in, d)
		}
		if got := guessDuration(in); got != guess {
			t.Errorf("guessDuration(%q) = %q, want %q", in, got, guess)
		}
	}
}

func TestExpand(t *testing.T) {
	env := lookup(map[string]string{"A": "1", "_b2": "2", "EMPTY": "", "NEST": "${A}"})
	tests := []struct {
		in, out string
		missing []string
		bad     bool // References gives an error
	}{
		{in: "", out: ""},
		{in: "plain", out: "plain"},
		{in: "${A}", out: "1"},
		{in: "a${A}b${_b2}c", out: "a1b2c"},
		{in: "${NEST}", out: "${A}"}, // not expanded again
		{in: "[${EMPTY}]", out: "[]"},
		{in: "${NO}${A}${NO}${NO2}", out: "1", missing: []string{"NO", "NO2"}},
		{in: "$${A}", out: "${A}"},
		{in: "$$${A}", out: "$${A}"},
		{in: "${A}$${A}", out: "1${A}"},
		{in: "$A $ $$ {A} }", out: "$A $ $$ {A} }"},
		{in: "${", out: "${", bad: true},
		{in: "${A", out: "${A", bad: true},
		{in: "${}", out: "${}", bad: true},
		{in: "${A B}", out: "${A B}", bad: true},
		{in: "${1A}", out: "${1A}", bad: true},
		{in: "${A:-x}", out: "${A:-x}", bad: true},
		{in: "${${A}}", out: "${1}", bad: true},
		{in: "${é}", out: "${é}", bad: true},
	}
	for _, tt := range tests {
		out, missing := Expand(tt.in, env)
		if out != tt.out || !reflect.DeepEqual(missing, tt.missing) {
			t.Errorf("Expand(%q) = %q, %q; want %q, %q", tt.in, out, missing, tt.out, tt.missing)
		}
		if _, err := References(tt.in); (err != nil) != tt.bad {
			t.Errorf("References(%q): %v", tt.in, err)
		}
	}
	if names, err := References("${B}${A} $${C} ${B}"); err != nil || !reflect.DeepEqual(names, []string{"B", "A"}) {
		t.Errorf("got %q, %v", names, err)
	}
}

func TestSecretNeverPrintsItself(t *testing.T) {
	const text = "hunter2"
	s := NewSecret(text)
	hidden := struct{ s Secret }{s}
	var outs []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%10s"} {
		for _, v := range []any{s, &s, hidden, &hidden, []Secret{s}, map[string]Secret{"k": s}, struct{ S Secret }{s}} {
			outs = append(outs, fmt.Sprintf(verb, v))
		}
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "s", s, "p", &s, "in", struct{ S Secret }{s}, "hidden", hidden)
	}
	js, err := json.Marshal(map[string]any{"s": s, "in": struct{ S Secret }{s}, "hidden": hidden})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range append(outs, log.String(), string(js), s.String(), s.GoString(), fmt.Errorf("x: %w %v", fmt.Errorf("y"), s).Error()) {
		if strings.Contains(out, text) || strings.Contains(out, fmt.Sprintf("%x", text)) || strings.Contains(strings.ToLower(out), fmt.Sprintf("%x", text)) {
			t.Errorf("prints %q", out)
		}
	}
	if got := fmt.Sprintf("%s %v %#v", s, s, s); got != "[secret] [secret] [secret]" {
		t.Errorf("got %q", got)
	}
	if s.Reveal() != text || !s.IsSet() {
		t.Error("does not reveal")
	}
}

func TestSecretMatchesItsTextOnly(t *testing.T) { // S101
	s := NewSecret("hunter2")
	for given, want := range map[string]bool{"hunter2": true, "": false, "hunter": false, "hunter22": false, "Hunter2": false, "[secret]": false} {
		if s.Matches(given) != want {
			t.Errorf("Matches(%q) = %v", given, !want)
		}
	}
	for _, unset := range []Secret{{}, NewSecret("")} {
		if unset.Matches("") || unset.Matches("x") || unset.IsSet() || unset.Reveal() != "" {
			t.Error("something matches an unset secret")
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"name", "name", 0}, {"nmae", "name", 1}, {"memroy", "memory", 1},
		{"timeot", "timeout", 1}, {"timeouts", "timeout", 1}, {"alow", "allow", 1}, {"route", "module", 3}, {strings.Repeat("a", 65), "a", 64},
	} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := distance(tt.b, tt.a); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestClosestSuggestsOnlyWhatIsMeant(t *testing.T) {
	s, err := schemaOf(reflect.TypeFor[sample](), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"nmae": "name", "Name": "name", "names": "name", "cont": "count", "tokne": "token", "limit": "limits", "LIMITS": "limits", "conf": "config", "byte": "bytes", "token_env": "token",
		"x": "", "xyz": "", "revalidate": "", "no": "", "": "", "é": "", "port": "",
	} {
		f, ok := closest(name, s)
		if f.name != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", name, f.name, want)
		}
	}
}

func TestDurationsAndSizesAreTextEverywhere(t *testing.T) {
	out, err := json.Marshal(map[string]any{"d": Duration(90 * time.Second), "s": Size(64 << 20)})
	if err != nil || string(out) != `{"d":"1m30s","s":"64MB"}` {
		t.Errorf("got %s, %v", out, err)
	}
}
