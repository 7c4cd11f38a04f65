package wasm

// decodeNames reads the name section (core 2.0, appendix "Custom Sections")
// for the module's name, and for the counts in it to be true.
func (m *Module) decodeNames(r *reader) {
	for r.err == nil && r.left() > 0 {
		id := r.byte("name subsection")
		in := r.sub(r.u32("name subsection size"), "name subsection")
		switch id {
		case 0:
			m.Name = in.name("module name")
		case 1:
			in.nameMap()
		case 2:
			for range in.count(2, "functions with named locals") {
				in.u32("function index")
				in.nameMap()
				if in.err != nil {
					break
				}
			}
		default: // later proposals; nobody here reads them
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
