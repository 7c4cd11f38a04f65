package strict

import "strings"

// unknown reports a key that its table does not take.
func (b *binder) unknown(n *node, s *schema) {
	key := n.key()
	message := "unknown key " + key
	if n.kind == kindTable || n.kind == kindTables {
		message = "unknown table [" + key + "]"
	}
	if len(b.doc.errs) == maxErrors { // save the search: it will not be shown
		b.doc.more++
		return
	}
	var hints []string
	if f, ok := closest(n.name, s); ok {
		switch {
		case f.table != nil:
			hints = append(hints, "did you mean "+f.table.header()+"?")
		case f.open:
			hints = append(hints, "did you mean ["+join(s.path, f.name)+"]?")
		default:
			hints = append(hints, `did you mean "`+f.name+`"?`)
		}
		b.meant(join(n.parent.key(), f.name))
	} else if homes := b.schema.homes(n.name); len(homes) > 0 {
		places := make([]string, len(homes))
		for i, h := range homes {
			places[i] = h.table.place()
		}
		hints = append(hints, homes[0].name+" stands "+strings.Join(places, " and ")+";")
		if len(homes) == 1 {
			b.meant(homes[0].key())
		}
	}
	hints = append(hints, s.accepted())
	b.doc.flaw(&flaw{offset: n.offset, key: key, message: message, hint: strings.Join(hints, " ")})
}

// meant keeps a key that the file has under a wrong name from being reported
// as missing as well.
func (b *binder) meant(key string) {
	if !b.doc.Has(key) {
		b.doc.reported[key] = true
	}
}

// closest returns the field of s that a misspelled name most probably means.
func closest(name string, s *schema) (best field, ok bool) {
	name = normal(name)
	least := 1 + min(len(name)/3, 3)
	for _, f := range s.fields {
		want := normal(f.name)
		d := distance(name, want)
		if len(name) >= 3 && strings.HasPrefix(want, name) || len(want) >= 3 && strings.HasPrefix(name, want) {
			d = min(d, 1) // cut short ("mem"), or with a unit ("timeout_ms")
		}
		if d < least {
			best, least, ok = f, d, true
		}
	}
	return best, ok
}

// normal makes maxResponse, max-response and max_response one.
func normal(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// distance is the number of characters to insert, remove, replace or swap with
// the next one that turn a into b (optimal string alignment). Strings that no
// key resembles are told to be far apart without being compared.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
