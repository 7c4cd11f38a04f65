package link

import (
	"fmt"
	"slices"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// place is where an import is found: among the imports that stay, or among the
// functions of one of the two, imported ones not counted.
type place struct {
	in    part
	index uint32
}

type part byte

const (
	imported part = iota
	ofEngine
	ofShim
	ofLinker
)

// functions gives every function its index in the whole: first the imports that
// stay, then the engine's functions, the shim's, and the linker's one.
func (l *linker) functions() error {
	e, s := l.engine, l.shim
	l.types = make([]uint32, len(s.Types))
	for i, t := range s.Types {
		l.types[i] = e.AddType(t)
	}
	var kept []wasm.Import
	ofEngineImports, err := l.engineImports(&kept)
	if err != nil {
		return err
	}
	ofShimImports, err := l.shimImports(&kept)
	if err != nil {
		return err
	}

	begins := [...]uint32{
		imported: 0,
		ofEngine: uint32(len(kept)),
		ofShim:   uint32(len(kept) + len(e.Funcs)),
		ofLinker: uint32(len(kept) + len(e.Funcs) + len(s.Funcs)),
	}
	number := func(places []place, own part, count int) []uint32 {
		indices := make([]uint32, 0, len(places)+count)
		for _, p := range places {
			indices = append(indices, begins[p.in]+p.index)
		}
		for i := range count {
			indices = append(indices, begins[own]+uint32(i))
		}
		return indices
	}
	l.funcs = number(ofShimImports, ofShim, len(s.Funcs))
	indices := number(ofEngineImports, ofEngine, len(e.Funcs))
	e.MapFuncs(func(i uint32) uint32 { return indices[i] })
	e.Imports = kept
	return nil
}

// engineImports finds what the engine imports: what is from env, in the shim.
func (l *linker) engineImports(kept *[]wasm.Import) ([]place, error) {
	var places []place
	for _, imp := range l.engine.Imports {
		if imp.Kind != wasm.KindFunc {
			return nil, fmt.Errorf("engine: it imports the %s %s.%s", imp.Kind, imp.Module, imp.Name)
		}
		if imp.Module != fromSystem {
			places = append(places, place{imported, uint32(len(*kept))})
			*kept = append(*kept, imp)
			continue
		}
		index, t, err := exported(l.shim.Module, imp.Name)
		if err != nil {
			return nil, fmt.Errorf("shim: %w, which the engine imports", err)
		}
		if want := l.engine.Types[imp.Type]; t.String() != want.String() {
			return nil, fmt.Errorf("shim: its %s is %s, the engine imports %s", imp.Name, t, want)
		}
		own := l.shim.Imported(wasm.KindFunc)
		if index < own {
			return nil, fmt.Errorf("shim: it exports %s without having it", imp.Name)
		}
		places = append(places, place{ofShim, index - own})
	}
	return places, nil
}

// shimImports finds the functions that the shim imports.
func (l *linker) shimImports(kept *[]wasm.Import) ([]place, error) {
	var places []place
	for _, imp := range l.shim.Imports {
		if imp.Kind != wasm.KindFunc {
			continue // globals and the like: see globals
		}
		want := l.shim.Types[imp.Type]
		switch imp.Module {
		case fromEngine:
			index, t, err := exported(l.engine, imp.Name)
			if err != nil {
				return nil, fmt.Errorf("engine: %w, which the shim imports", err)
			}
			if t.String() != want.String() {
				return nil, fmt.Errorf("engine: its %s is %s, the shim imports %s", imp.Name, t, want)
			}
			own := l.engine.Imported(wasm.KindFunc)
			if index < own {
				return nil, fmt.Errorf("engine: it exports %s without having it", imp.Name)
			}
			places = append(places, place{ofEngine, index - own})
		case fromLinker:
			if imp.Name != partsSymbol || want.String() != "() -> i32" {
				return nil, fmt.Errorf("shim: it imports %s.%s %s, the linker gives %s () -> i32", imp.Module, imp.Name, want, partsSymbol)
			}
			places = append(places, place{ofLinker, 0})
		default:
			imp.Type = l.types[imp.Type]
			at := slices.Index(*kept, imp) // both may import the same
			if at < 0 {
				at = len(*kept)
				*kept = append(*kept, imp)
			}
			places = append(places, place{imported, uint32(at)})
		}
	}
	return places, nil
}

// globals gives every global of the shim its index in the whole. What it imports
// is the engine's stack pointer, and numbers that are known now.
func (l *linker) globals() error {
	e, s := l.engine, l.shim
	for _, imp := range s.Imports {
		switch {
		case imp.Kind == wasm.KindFunc:
		case imp.Module != fromSystem:
			return fmt.Errorf("shim: it imports the %s %s.%s", imp.Kind, imp.Module, imp.Name)
		case imp.Kind == wasm.KindGlobal && imp.Name == "__stack_pointer":
			sp, ok := e.Exported(imp.Name)
			if !ok || sp.Kind != wasm.KindGlobal {
				return fmt.Errorf("engine: it has no global %s, which the shim shares", imp.Name)
			}
			l.global = append(l.global, sp.Index)
		case imp.Kind == wasm.KindGlobal && imp.Name == "__memory_base":
			l.global = append(l.global, e.AddGlobal(constant(l.memoryBase)))
		case imp.Kind == wasm.KindGlobal && imp.Name == "__table_base":
			l.global = append(l.global, e.AddGlobal(constant(l.tableBase)))
		case imp.Kind == wasm.KindMemory, imp.Kind == wasm.KindTable:
		default:
			return fmt.Errorf("shim: it imports the %s %s.%s, which the linker does not give", imp.Kind, imp.Module, imp.Name)
		}
	}
	for _, g := range s.Globals {
		g.Init = l.code(g.Init)
		l.global = append(l.global, e.AddGlobal(g))
	}
	return nil
}

func constant(v uint32) wasm.Global {
	return wasm.Global{Value: wasm.I32, Init: wasm.Emit(wasm.EmitI32(nil, int32(v)), wasm.OpEnd)}
}
