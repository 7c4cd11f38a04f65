package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Report is what Inspect saw in a module.
type Report struct {
	Size     int64 // bytes of the module
	Exports  []Func
	Imports  []Import
	Problems []string // why the module would not load, one sentence each
}

// Func is an exported function.
type Func struct {
	Name      string
	Signature string // "() -> i32"
}

// Import is something that a module imports.
type Import struct {
	Module, Name string
	Signature    string // "(i64, i64) -> i64"; "memory", "table" or "global" for what is no function
	Provided     bool   // by this host, with that signature
}

// Inspect reads a module without running it. The error is for bytes that are
// no module; what keeps a module from loading is in Report.Problems. What only
// the engine sees, such as code that is not valid, Load finds.
func Inspect(module []byte) (Report, error) {
	m, problems, err := decode(module)
	if err != nil {
		p := unreadable(err)
		return Report{}, fmt.Errorf("%s: %w", p.what, err)
	}
	r := Report{Size: int64(m.Size())}
	signature := signatures(m)
	for _, e := range m.Exports {
		if e.Kind == wasm.KindFunc {
			typ, _ := m.Func(e.Index)
			r.Exports = append(r.Exports, Func{e.Name, signature(typ)})
		}
	}
	for _, imp := range m.Imports {
		i := Import{Module: imp.Module, Name: imp.Name, Signature: imp.Kind.String()}
		if imp.Kind == wasm.KindFunc {
			i.Signature = signature(imp.Type)
			want, ok := provided[imp.Module][imp.Name]
			i.Provided = ok && want == i.Signature
		}
		r.Imports = append(r.Imports, i)
	}
	for _, p := range problems {
		r.Problems = append(r.Problems, p.String())
	}
	return r, nil
}

// problem is one reason why a module cannot be loaded.
type problem struct{ what, name, fix string }

// String is "what: name (fix)".
func (p problem) String() string {
	s := p.what
	if p.name != "" {
		s += ": " + p.name
	}
	if p.fix != "" {
		s += " (" + p.fix + ")"
	}
	return s
}

// unreadable is the problem of bytes that do not decode.
func unreadable(err error) problem {
	if errors.Is(err, wasm.ErrComponent) {
		return problem{"is a WebAssembly component", "", "build a core module: wisr runs WASI preview 1, target wasm32-wasip1 or wasip1"}
	}
	return problem{"is not a WebAssembly module", "", err.Error()}
}

// decode reads a module and checks what can be checked without an engine.
func decode(module []byte) (*wasm.Module, []problem, error) {
	if len(module) > maxModule {
		return nil, nil, fmt.Errorf("it has %d bytes, at most %d are read", len(module), maxModule)
	}
	m, err := wasm.Decode(module)
	if err != nil {
		return nil, nil, err
	}
	signature := signatures(m)
	problems := importProblems(m, signature)
	problems = append(problems, exportProblems(m, signature)...)
	if elements := tableElements(m); elements > maxTable {
		problems = append(problems, problem{"needs too large tables", fmt.Sprintf("%d elements", elements), fmt.Sprintf("at most %d", maxTable)})
	}
	return m, append(problems, branchProblems(m)...), nil
}

// signatures gives the texts of types, each made once: many imports may have
// one type with many parameters.
func signatures(m *wasm.Module) func(typ uint32) string {
	texts := map[uint32]string{}
	return func(typ uint32) string {
		s, ok := texts[typ]
		if !ok {
			s = m.Types[typ].String()
			texts[typ] = s
		}
		return s
	}
}

func importProblems(m *wasm.Module, signature func(uint32) string) []problem {
	var problems []problem
	var unknown, wrong, hints []string
	modules := map[string]bool{}
	for _, imp := range m.Imports {
		name := imp.Module + "." + imp.Name
		want, known := provided[imp.Module][imp.Name]
		switch {
		case imp.Kind != wasm.KindFunc:
			unknown = append(unknown, fmt.Sprintf("%s (a %s)", name, imp.Kind))
		case !known:
			unknown = append(unknown, name)
			modules[imp.Module] = true
			if imp.Module == "env" && imp.Name == "abort" {
				hints = append(hints, "AssemblyScript: compile with --use abort= and a function of your own")
			}
		case signature(imp.Type) != want:
			wrong = append(wrong, fmt.Sprintf("%s is %s here, %s in the host", name, signature(imp.Type), want))
		}
	}
	if len(unknown) > 0 {
		problems = append(problems, problem{"imports what the host does not provide", list(unknown), strings.Join(append(hints, offer(modules)), "; ")})
	}
	if len(wrong) > 0 {
		problems = append(problems, problem{"imports functions with other types than the host's", list(wrong), "declare them with the host's types; an older or newer PDK may have others"})
	}
	return problems
}

// offer says what could have been imported: the functions of the modules that
// were asked, if the host has them, else which modules it has.
func offer(asked map[string]bool) string {
	var texts []string
	for _, module := range slices.Sorted(maps.Keys(provided)) {
		if asked[module] {
			names := slices.Sorted(maps.Keys(provided[module]))
			texts = append(texts, fmt.Sprintf("%s has %s", module, strings.Join(names, ", ")))
		}
	}
	if len(texts) == len(asked) && len(texts) > 0 {
		return strings.Join(texts, "; ")
	}
	modules := slices.Sorted(maps.Keys(provided))
	last := len(modules) - 1
	all := strings.Join(modules[:last], ", ") + " and " + modules[last]
	return strings.Join(append([]string{"the host provides the modules " + all}, texts...), "; ")
}

// callable are the types that an export which the host calls may have.
var callable = map[string]bool{"() -> i32": true, "()": true}

func exportProblems(m *wasm.Module, signature func(uint32) string) []problem {
	var problems []problem
	funcs := map[string]string{}
	var names, ours []string
	for _, e := range m.Exports {
		if strings.HasPrefix(e.Name, snapshot.Prefix) {
			ours = append(ours, e.Name)
		}
		if e.Kind == wasm.KindFunc {
			typ, _ := m.Func(e.Index)
			funcs[e.Name] = signature(typ)
			names = append(names, e.Name)
		}
	}
	if len(ours) > 0 {
		problems = append(problems, problem{"exports names that are the host's", list(ours), "name them otherwise than " + snapshot.Prefix + "…"})
	}
	if _, ok := funcs[page.ExportRender]; !ok {
		p := problem{"does not export the function " + page.ExportRender, "", "it exports no function"}
		if len(names) > 0 {
			p.fix = "it exports " + list(names)
		}
		if _, command := funcs["_start"]; command {
			p.fix += "; build a library, not a program: in Go with -buildmode=c-shared, in C with -mexec-model=reactor"
		}
		problems = append(problems, p)
	}
	for _, export := range []string{page.ExportPaths, page.ExportProps, page.ExportRender} {
		if got, ok := funcs[export]; ok && !callable[got] {
			problems = append(problems, problem{"exports a function of the wrong type", export + " is " + got, "it has to be () -> i32"})
		}
	}
	return problems
}

// readsKernelInput tells whether a module asks Extism for its input.
func readsKernelInput(m *wasm.Module) bool {
	return slices.ContainsFunc(m.Imports, func(imp wasm.Import) bool {
		return imp.Module == envModule && strings.HasPrefix(imp.Name, "input_")
	})
}

func exportedFuncs(m *wasm.Module) map[string]bool {
	names := map[string]bool{}
	for _, e := range m.Exports {
		if e.Kind == wasm.KindFunc {
			names[e.Name] = true
		}
	}
	return names
}

func tableElements(m *wasm.Module) uint64 {
	var sum uint64
	for _, t := range m.Tables {
		sum += uint64(t.Min)
	}
	return sum
}

// kernelMemory is what Extism's kernel begins with.
const kernelMemory = 16 * pageSize

// memoryNeed is the bytes that an instance of a module begins with.
func memoryNeed(m *wasm.Module) uint64 {
	need := uint64(kernelMemory)
	for _, l := range m.Memories {
		need += uint64(l.Min) * pageSize
	}
	return need
}

// memoryProblems compares what a module begins with against its limit. The
// rest is for when it grows.
func memoryProblems(need, limit uint64) []problem {
	if need <= limit {
		return nil
	}
	return []problem{{"needs more memory than it may have", fmt.Sprintf("it begins with %s, [limits] memory is %s", size(need), size(limit)), "1MB of it is for input and output"}}
}

// budgetProblems compares it against what all guests together may have.
func (s *Sandbox) budgetProblems(need uint64) []problem {
	if total := s.memory.total; total > 0 && need > total {
		return []problem{{"needs more memory than all guests together may have", fmt.Sprintf("it begins with %s, [render] memory is %s", size(need), size(total)), ""}}
	}
	return nil
}

// list joins names, not more than fit a message.
func list(names []string) string {
	const most = 20
	for k, n := range names {
		names[k] = printable(short(n))
	}
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
