package meter

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The official tests of WebAssembly, as wazero carries them: JSON that wast2json
// made, beside the modules it names.
type script struct {
	Commands []command `json:"commands"`
}

type command struct {
	Type       string `json:"type"`
	Line       int    `json:"line"`
	Name       string `json:"name"`
	Filename   string `json:"filename"`
	As         string `json:"as"`
	ModuleType string `json:"module_type"`
	Action     struct {
		Type   string  `json:"type"`
		Module string  `json:"module"`
		Field  string  `json:"field"`
		Args   []value `json:"args"`
	} `json:"action"`
}

type value struct {
	Type  string          `json:"type"`
	Lane  string          `json:"lane_type"`
	Value json.RawMessage `json:"value"`
}

// Every module of the official tests goes through the rewriter, and every
// command through both: the same modules are refused, the same calls give the
// same values bit by bit, and traps say the same.
func TestTheOfficialTestsSeeNoMeter(t *testing.T) {
	dir := spectests(t)
	var asserts, modules atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d modules, %d assertions", modules.Load(), asserts.Load())
		if !t.Failed() && asserts.Load() < 60_000 {
			t.Error("there were more tests")
		}
	})
	for _, folder := range []string{"v1", "v2", "tail-call"} {
		files, err := filepath.Glob(filepath.Join(dir, folder, "testdata", "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no tests in %s: %v", folder, err)
		}
		for _, file := range files {
			name := folder + "/" + strings.TrimSuffix(filepath.Base(file), ".json")
			config := interpreter()
			if folder == "v1" {
				config = config.WithCoreFeatures(api.CoreFeaturesV1)
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, file, config)
				s.play(t)
				asserts.Add(int64(s.asserts))
				modules.Add(int64(s.modules))
			})
		}
	}
}

func spectests(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
}

// stage is where a script is played twice: with and without the meter.
type stage struct {
	dir      string
	commands []command
	worlds   [2]*world // without, with
	last     [2]api.Module
	named    map[string][2]api.Module

	asserts, modules int
}

func newStage(t *testing.T, file string, config wazero.RuntimeConfig) *stage {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s script
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	st := &stage{dir: filepath.Dir(file), commands: s.Commands, named: map[string][2]api.Module{}}
	imports, err := os.ReadFile(filepath.Join(spectestDir(file), "testdata", "spectest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range st.worlds {
		st.worlds[i] = newWorld(t, config, 20_000)
		if _, err := st.worlds[i].InstantiateWithConfig(t.Context(), imports, wazero.NewModuleConfig()); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func spectestDir(file string) string { return filepath.Dir(filepath.Dir(filepath.Dir(file))) }

func (s *stage) play(t *testing.T) {
	for i := 0; i < len(s.commands); i++ {
		c := s.commands[i]
		at := fmt.Sprintf("line %d, %s", c.Line, c.Type)
		switch c.Type {
		case "module", "assert_unlinkable", "assert_uninstantiable", "assert_invalid", "assert_malformed":
			if c.ModuleType == "text" {
				continue
			}
			as := ""
			if next := i + 1; c.Type == "module" && next < len(s.commands) && s.commands[next].Type == "register" {
				as = s.commands[next].As
			}
			s.module(t, at, c, as)
		case "register":
		case "action", "assert_return", "assert_trap", "assert_exhaustion":
			s.asserts++
			on := s.last
			if c.Action.Module != "" {
				on = s.named[c.Action.Module]
			}
			s.act(t, at, c, on)
		default:
			t.Fatalf("%s: what is that?", at)
		}
	}
}

// module makes an instance in both worlds, or in neither.
func (s *stage) module(t *testing.T, at string, c command, as string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, c.Filename))
	if err != nil {
		t.Fatal(err)
	}
	s.modules++
	var made [2]api.Module
	var errs [2]error
	config := wazero.NewModuleConfig().WithName(as)
	made[0], errs[0] = s.worlds[0].InstantiateWithConfig(t.Context(), data, config)
	if with, err := metered(data); err != nil {
		errs[1] = err
	} else {
		made[1], errs[1] = s.worlds[1].InstantiateWithConfig(t.Context(), with, config)
	}
	if (errs[0] == nil) != (errs[1] == nil) {
		t.Errorf("%s, %s:\nwithout %v\nwith    %v", at, c.Filename, errs[0], errs[1])
	}
	if c.Type == "module" && errs[0] == nil {
		s.last = made
		if c.Name != "" {
			s.named[c.Name] = made
		}
	}
}

func (s *stage) act(t *testing.T, at string, c command, on [2]api.Module) {
	t.Helper()
	at += " " + c.Action.Field
	if on[0] == nil || on[1] == nil {
		t.Fatalf("%s: there is no module", at)
	}
	if c.Action.Type == "get" {
		if a, b := on[0].ExportedGlobal(c.Action.Field).Get(), on[1].ExportedGlobal(c.Action.Field).Get(); a != b {
			t.Errorf("%s: without %d, with %d", at, a, b)
		}
		return
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.words(t)...)
	}
	var results [2][]uint64
	var errs [2]error
	for i, m := range on {
		results[i], errs[i] = m.ExportedFunction(c.Action.Field).Call(t.Context(), args...)
	}
	if a, b := reason(errs[0]), reason(errs[1]); a != b {
		t.Errorf("%s:\nwithout %s\nwith    %s", at, a, b)
	}
	for i, typ := range on[0].ExportedFunction(c.Action.Field).Definition().ResultTypes() {
		if typ == api.ValueTypeExternref || typ == 0x70 { // a funcref is an address
			for k := range results {
				if i < len(results[k]) && results[k][i] != 0 && typ == 0x70 {
					results[k][i] = 1
				}
			}
		}
	}
	if !slices.Equal(results[0], results[1]) {
		t.Errorf("%s: without %x, with %x", at, results[0], results[1])
	}
}

// words are how wazero takes a value.
func (v value) words(t *testing.T) []uint64 {
	t.Helper()
	if v.Type == "v128" {
		var lanes []string
		if err := json.Unmarshal(v.Value, &lanes); err != nil {
			t.Fatal(err)
		}
		bits := 128 / len(lanes)
		var out [2]uint64
		for i, lane := range lanes {
			at := i * bits
			out[at/64] |= number(t, lane, bits) << (at % 64)
		}
		return out[:]
	}
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		t.Fatal(err)
	}
	switch {
	case text == "null":
		return []uint64{0}
	case v.Type == "externref":
		return []uint64{number(t, text, 64) + 1} // 0 is null
	case strings.HasSuffix(v.Type, "32"):
		return []uint64{number(t, text, 32)}
	}
	return []uint64{number(t, text, 64)}
}

func number(t *testing.T, text string, bits int) uint64 {
	t.Helper()
	if strings.HasPrefix(text, "nan") {
		if bits == 32 {
			return uint64(math.Float32bits(float32(math.NaN())))
		}
		return math.Float64bits(math.NaN())
	}
	if strings.HasPrefix(text, "-") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(n) & (1<<(bits-1)<<1 - 1)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
