package wasm

import "slices"

// The name section: core 2.0, appendix "Custom Sections".
const (
	nameSection = "name"

	namesModule = 0
	namesFuncs  = 1
	namesLocals = 2
	namesLabels = 3 // of the extended-name-section proposal, as all that follow
)

// funcName is the name of a function that was added.
type funcName struct {
	index uint32
	name  string
}

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
		out = AppendU32(out, uint32(len(content)))
		out = append(out, content...)
	}
	return out
}

// renumber copies a vector of (function index, something).
func (r *reader) renumber(number func(uint32) uint32, something func()) []byte {
	n := r.count(2, "names")
	out := AppendU32(make([]byte, 0, r.left()+8), uint32(n))
	for range n {
		index := r.u32("function index")
		start := r.pos
		something()
		if r.err != nil {
			return nil
		}
		out = AppendU32(out, number(index))
		out = append(out, r.data[start:r.pos]...)
	}
	return out
}

// named gives the custom sections with the names of functions that were added
// in them, whose indices are higher than all that were there.
func (m *Module) named() []Custom {
	if len(m.added) == 0 {
		return m.Customs
	}
	customs := slices.Clone(m.Customs)
	i := slices.IndexFunc(customs, func(c Custom) bool { return c.Name == nameSection })
	if i < 0 {
		i = len(customs)
		customs = append(customs, Custom{Name: nameSection, after: len(sectionNames)})
	}
	customs[i].Data = addNames(customs[i].Data, m.added)
	return customs
}

// addNames gives a name section with more names of functions. Subsections come
// in the order of their numbers.
func addNames(data []byte, names []funcName) []byte {
	r := &reader{data: data, end: len(data)}
	start, end := 0, 0 // of the names that are there
	var old []byte
	count := len(names)
	for r.left() > 0 && data[r.pos] <= namesFuncs {
		start = r.pos
		id := r.byte("subsection")
		in := r.sub(r.u32("size"), "subsection")
		end = r.pos
		if id == namesFuncs {
			count += in.count(2, "names")
			old = data[in.pos:in.end]
			break
		}
		start = end
	}
	content := append(AppendU32(nil, uint32(count)), old...)
	for _, n := range names {
		content = appendName(AppendU32(content, n.index), n.name)
	}
	out := append(make([]byte, 0, len(data)+len(content)+8), data[:start]...)
	out = AppendU32(append(out, namesFuncs), uint32(len(content)))
	out = append(out, content...)
	return append(out, data[end:]...)
}
