package link

import (
	"errors"
	"fmt"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// shim is a position-independent module with what its dylink.0 section says.
type shim struct {
	*wasm.Module
	memory uint32 // bytes of its data, zeros included
	table  uint32 // elements of its table
}

// maxShim bounds a shim's memory and table. Ours takes some hundred bytes.
const maxShim = 16 << 20

// memInfo is the subsection of dylink.0 with the sizes.
const memInfo = 1

func readShim(data []byte) (*shim, error) {
	m, err := wasm.Decode(data)
	if err != nil {
		return nil, err
	}
	if len(m.Memories)+len(m.Tables) > 0 {
		return nil, errors.New("it has a memory or a table of its own: link it with -shared and -fPIC")
	}
	for _, c := range m.Customs {
		if c.Name != "dylink.0" {
			continue
		}
		sizes, ok := subsection(c.Data, memInfo)
		if !ok {
			break
		}
		s := &shim{Module: m}
		s.memory, sizes = u32(sizes)
		_, sizes = u32(sizes) // alignment: places are aligned to 64 KiB
		s.table, _ = u32(sizes)
		if s.memory > maxShim || s.table > maxShim {
			return nil, fmt.Errorf("it takes %d bytes of memory and %d elements of a table", s.memory, s.table)
		}
		return s, nil
	}
	return nil, errors.New("it does not say how much memory it needs: link it with -shared and -fPIC")
}

// subsection finds one by its number.
func subsection(data []byte, want byte) ([]byte, bool) {
	for len(data) > 1 {
		id := data[0]
		size, rest := u32(data[1:])
		if uint64(size) > uint64(len(rest)) {
			break
		}
		if id == want {
			return rest[:size], true
		}
		data = rest[size:]
	}
	return nil, false
}

// u32 reads an unsigned LEB128 number, 0 where there is none.
func u32(b []byte) (v uint32, rest []byte) {
	for i := 0; i < len(b) && i < 5; i++ {
		v |= uint32(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return v, b[i+1:]
		}
	}
	return 0, nil
}

// exported finds an exported function and its type.
func exported(m *wasm.Module, name string) (index uint32, t wasm.FuncType, err error) {
	e, ok := m.Exported(name)
	if !ok || e.Kind != wasm.KindFunc {
		return 0, t, fmt.Errorf("it has no function %s", name)
	}
	typ, _ := m.Func(e.Index)
	return e.Index, m.Types[typ], nil
}
