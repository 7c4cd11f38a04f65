package meter

import (
	"slices"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// jumps is a loop that goes on where local 0 says: its br_table has these labels,
// the default last, and stands in a block in front of each place but the first,
// which is what follows the br_table. The label behind that of the loop is its end.
func jumps(labels []byte, places ...[]byte) []byte {
	blocks := max(0, len(places)-1)
	code := many(op(wasm.OpBlock, noResult), op(wasm.OpLoop, noResult), slices.Repeat(op(wasm.OpBlock, noResult), blocks),
		op(wasm.OpLocalGet, 0), op(wasm.OpBrTable, uint32(len(labels)-1)), labels)
	for k, place := range places {
		if k > 0 {
			code = append(code, byte(wasm.OpEnd))
		}
		code = append(code, place...)
	}
	return append(code, byte(wasm.OpEnd), byte(wasm.OpEnd))
}

// jump goes on at a place, in the loop that is so many blocks up.
func jump(place int32, up uint32) []byte {
	return many(num(place), op(wasm.OpLocalSet, 0), op(wasm.OpBr, up))
}

// stretch is code of so many units.
func stretch(units int) []byte {
	return slices.Repeat(many(num(1), op(wasm.OpDrop)), units)
}

// chain is a loop of places that each cost so much and jump to the next one.
func chain(places, units int) []byte {
	labels, code := []byte{}, [][]byte{nil}
	for k := range places {
		labels = append(labels, byte(k))
		code = append(code, many(stretch(units), jump(int32(k+1), uint32(places-1-k))))
	}
	return jumps(append(labels, byte(places+1)), code...)
}

// asker runs code with a host that gives as little as it can, and tells how often
// it was asked, and the most that was used between two questions.
func asker(t *testing.T, code ...[]byte) (asked int, most int64) {
	t.Helper()
	m := built(wasm.Limits{Min: 1}, many(code...), num(0))
	m.Funcs[0].Locals = []byte{1, 1, byte(wasm.I32)}
	m.AddFunc("leaf", wasm.FuncType{}, []wasm.ValueType{wasm.I32}, many(chain(20, 100), op(wasm.OpEnd)))
	w := newWorld(t, interpreter(), 1)
	made := w.load(t, m.Encode())
	if _, err := made.ExportedFunction("f").Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w.tank.asked, max(w.tank.longest, -int64(made.ExportedGlobal(Fuel).Get()))
}

func TestOnlyJumpsBackAsk(t *testing.T) {
	if asked, _ := asker(t, chain(4, 30)); asked != 0 {
		t.Errorf("four jumps forward asked %d times", asked)
	}
	// The second place jumps to the first one as long as local 1 is not 3.
	back := many(op(wasm.OpLocalGet, 1), num(1), op(wasm.OpI32Add), op(wasm.OpLocalTee, 1), num(3), op(wasm.OpI32LtU),
		op(wasm.OpIf, noResult), jump(0, 1), op(wasm.OpEnd))
	m := built(wasm.Limits{Min: 1}, jumps([]byte{0, 1, 3}, nil, jump(1, 1), back), num(0))
	m.Funcs[0].Locals = []byte{1, 2, byte(wasm.I32)}
	w := newWorld(t, interpreter(), 1)
	if _, err := w.load(t, m.Encode()).ExportedFunction("f").Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.tank.asked != 2 {
		t.Errorf("two jumps back asked %d times", w.tank.asked)
	}
}

// However code is cut into places, it does not go on unasked for long.
func TestJumpsForwardAreAskedNowAndThen(t *testing.T) {
	for name, code := range map[string][]byte{
		"a long function":             chain(100, 400),
		"many calls of a shorter one": slices.Repeat(op(wasm.OpCall, 1), 100),
	} {
		if _, most := asker(t, code); most > 2*unasked {
			t.Errorf("%s: %d units were used without a question", name, most)
		}
	}
}
