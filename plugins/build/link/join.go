package link

import (
	"errors"
	"fmt"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// join adds what the shim has to the engine, in the indices of the whole.
func (l *linker) join() error {
	e, s := l.engine, l.shim
	for _, f := range s.Funcs {
		if err := known(f.Code); err != nil {
			return err
		}
		e.Funcs = append(e.Funcs, wasm.Func{Type: l.types[f.Type], Locals: f.Locals, Code: l.code(f.Code)})
	}
	e.Funcs = append(e.Funcs, wasm.Func{
		Type:   e.AddType(wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}),
		Locals: wasm.NoLocals,
		Code:   wasm.Emit(wasm.EmitI32(nil, int32(l.list)), wasm.OpEnd),
	})
	for _, x := range s.Elements {
		if x.Mode != wasm.Active || x.Exprs {
			return errors.New("a segment of its table is not one of plain functions")
		}
		offset, err := l.offset(x.Offset)
		if err != nil {
			return err
		}
		x.Offset, x.Items = offset, l.items(x)
		e.Elements = append(e.Elements, x)
	}
	for _, d := range s.Data {
		if d.Mode != wasm.Active {
			return errors.New("a segment of its data is not copied at the start")
		}
		offset, err := l.offset(d.Offset)
		if err != nil {
			return err
		}
		d.Offset = offset
		e.Data = append(e.Data, d)
	}
	if s.Start == nil {
		return nil
	}
	if e.Start != nil {
		return errors.New("it has a start function, as the engine has: only one can run by itself")
	}
	start := l.funcs[*s.Start]
	e.Start = &start
	return nil
}

// known refuses instructions that number what code does not renumber.
func known(code []byte) error {
	for w := wasm.Walk(code); w.Next(); {
		switch w.Op {
		case wasm.OpMemoryInit, wasm.OpDataDrop, wasm.OpTableInit, wasm.OpElemDrop, wasm.OpTableCopy:
			return errors.New("its code uses segments by their number")
		}
		if w.Typed() {
			return errors.New("its code has blocks with parameters")
		}
	}
	return nil
}

// code is code of the shim with the indices of the whole.
func (l *linker) code(code []byte) []byte {
	out := make([]byte, 0, len(code)+len(code)/16+8)
	last := 0
	for w := wasm.Walk(code); w.Next(); {
		var renumbered []byte
		switch w.Op {
		case wasm.OpCall, wasm.OpReturnCall, wasm.OpRefFunc:
			renumbered = wasm.Emit(nil, w.Op, l.funcs[w.Index])
		case wasm.OpCallIndirect, wasm.OpReturnCallIndirect:
			renumbered = wasm.Emit(nil, w.Op, l.types[w.Index], w.Second)
		case wasm.OpGlobalGet, wasm.OpGlobalSet:
			renumbered = wasm.Emit(nil, w.Op, l.global[w.Index])
		default:
			continue
		}
		out = append(append(out, code[last:w.Start]...), renumbered...)
		last = w.End
	}
	return append(out, code[last:]...)
}

func (l *linker) items(x wasm.Element) []byte {
	var items []byte
	for rest := x.Items; len(rest) > 0; {
		var f uint32
		f, rest = u32(rest)
		items = wasm.AppendU32(items, l.funcs[f])
	}
	return items
}

// offset turns "where memory (or the table) begins for you" into a number, which
// every engine copies fastest and whoever wants to copy himself can read.
func (l *linker) offset(expr []byte) ([]byte, error) {
	w := wasm.Walk(expr)
	if !w.Next() || w.Op != wasm.OpGlobalGet || int(w.Index) >= len(l.global) {
		return nil, errors.New("a segment is not where its memory or table begins")
	}
	index := l.global[w.Index]
	if !w.Next() || w.Op != wasm.OpEnd {
		return nil, errors.New("a segment is not where its memory or table begins")
	}
	return l.engine.Globals[index].Init, nil
}

// export leaves the exports that are asked for, and the memory.
func (l *linker) export(names []string) error {
	e := l.engine
	memory, ok := e.Exported("memory")
	if !ok {
		return errors.New("engine: it does not export its memory")
	}
	e.Exports = []wasm.Export{memory}
	for _, name := range names {
		index, _, err := exported(l.shim.Module, name)
		if err != nil {
			return fmt.Errorf("shim: %w, which is to be exported", err)
		}
		e.Exports = append(e.Exports, wasm.Export{Name: name, Kind: wasm.KindFunc, Index: l.funcs[index]})
	}
	return nil
}
