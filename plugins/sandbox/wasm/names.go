package wasm

// The name section: core 2.0, appendix "Custom Sections".
const (
	nameSection = "name"

	namesModule = 0
	namesFuncs  = 1
	namesLocals = 2
	namesLabels = 3 // of the extended-name-section proposal, as all that follow
)

// decodeNames reads the name section for the module's name, and for what is in
// it to be true.
func (m *Module) decodeNames(r *reader) {
	for r.err == nil && r.left() > 0 {
		id := r.byte("name subsection")
		in := r.sub(r.u32("name subsection size"), "name subsection")
		switch id {
		case namesModule:
			m.Name = in.name("module name")
		case namesFuncs:
			in.nameMap()
		case namesLocals:
			for range in.count(2, "functions with named locals") {
				in.u32("function index")
				in.nameMap()
				if in.err != nil {
					break
				}
			}
		default:
			continue
		}
		_ = in.done("name subsection") // r.join takes the error over
		r.join(in)
	}
}

func (r *reader) nameMap() {
	for range r.count(2, "names") {
		r.u32("index")
		r.name("name")
		if r.err != nil {
			return
		}
	}
}

// renumberNames gives a name section in which functions have other indices.
func renumberNames(data []byte, number func(uint32) uint32) []byte {
	out := make([]byte, 0, len(data)+len(data)/64+16)
	r := &reader{data: data, end: len(data)}
	for r.err == nil && r.left() > 0 {
		id := r.byte("subsection")
		in := r.sub(r.u32("size"), "subsection")
		var content []byte
		switch id {
		case namesFuncs:
			content = in.renumber(number, func() { in.name("name") })
		case namesLocals:
			content = in.renumber(number, in.nameMap)
		case namesLabels:
			content = in.renumber(number, in.nameMap)
		default:
			content = data[in.pos:in.end]
		}
		if in.err != nil {
			// A later proposal's, and not as we know it: it goes, rather than
			// that it stays wrong.
			continue
		}
		out = append(out, id)
		out = appendU32(out, uint32(len(content)))
		out = append(out, content...)
	}
	return out
}

// renumber copies a vector of (function index, something).
func (r *reader) renumber(number func(uint32) uint32, something func()) []byte {
	n := r.count(2, "names")
	out := appendU32(make([]byte, 0, r.left()+8), uint32(n))
	for range n {
		index := r.u32("function index")
		start := r.pos
		something()
		if r.err != nil {
			return nil
		}
		out = appendU32(out, number(index))
		out = append(out, r.data[start:r.pos]...)
	}
	return out
}

// addName gives a name section with the name of a function that has a higher
// index than those in it. One without names of functions stays as it is.
func addName(data []byte, index uint32, name string) []byte {
	r := &reader{data: data, end: len(data)}
	for r.err == nil && r.left() > 0 {
		start := r.pos
		id := r.byte("subsection")
		in := r.sub(r.u32("size"), "subsection")
		if id != namesFuncs || in.err != nil {
			continue
		}
		content := appendU32(nil, uint32(in.count(2, "names")+1))
		content = append(content, data[in.pos:in.end]...)
		content = appendName(appendU32(content, index), name)
		out := append(make([]byte, 0, len(data)+len(name)+32), data[:start]...)
		out = append(out, id)
		out = appendU32(out, uint32(len(content)))
		out = append(out, content...)
		return append(out, data[r.pos:]...)
	}
	return data
}
