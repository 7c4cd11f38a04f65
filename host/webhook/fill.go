package webhook

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// fill makes the names of a document, in the order of its lists.
func (t Template) fill(doc any) ([]string, error) {
	f := filling{template: t, doc: doc, at: make(map[string]int)}
	err := f.from(0, "")
	return f.names, err
}

// filling is one run of fill.
type filling struct {
	template Template
	doc      any
	at       map[string]int // which element of the lists that were entered, by where those are
	steps    int
	names    []string
}

// from fills in the parts from i on, behind what was put together so far.
func (f *filling) from(i int, name string) error {
	if f.steps++; f.steps > maxSteps {
		return f.wrong("", fmt.Sprintf("leads through more than %d elements of lists", maxSteps))
	}
	if len(name) > maxName {
		return f.wrong("", fmt.Sprintf("makes a name of more than %d bytes", maxName))
	}
	if i == len(f.template.parts) {
		if len(f.names) == maxNames {
			return f.wrong("", fmt.Sprintf("makes more than %d names", maxNames))
		}
		f.names = append(f.names, name)
		return nil
	}
	p := f.template.parts[i]
	if p.field == nil {
		return f.from(i+1, name+p.literal)
	}
	value, list, err := f.find(p.field)
	if err != nil {
		return err
	}
	if list == "" {
		return f.from(i+1, name+value.(string))
	}
	defer delete(f.at, list)
	for n := range value.([]any) {
		f.at[list] = n
		if err := f.from(i, name); err != nil {
			return err
		}
	}
	return nil
}

// find follows a field's path. It returns the text that is there, or a list
// that has to be entered first and where that is.
func (f *filling) find(field []string) (value any, list string, err error) {
	value = f.doc
	way, depth := "", 0
	for {
		switch v := value.(type) {
		case []any:
			n, isIndex := index(field)
			switch {
			case isIndex && n >= len(v):
				return nil, "", f.wrong(below(way, field), fmt.Sprintf("is missing: the list has %d elements", len(v)))
			case !isIndex:
				// Lists in lists are at one place by their keys: the depth tells them apart.
				n, entered := f.at[listKey(way, depth)]
				if !entered {
					return v, listKey(way, depth), nil
				}
				value = v[n]
				depth++
				continue
			}
			value = v[n]
		case map[string]any:
			if len(field) == 0 {
				return nil, "", f.wrong(way, "is an object; name a field of it")
			}
			next, ok := v[field[0]]
			if !ok {
				return nil, "", f.wrong(below(way, field), "is missing")
			}
			value = next
		case nil:
			return nil, "", f.wrong(way, "is null")
		default:
			if len(field) > 0 {
				return nil, "", f.wrong(below(way, field), "is missing: what it should be in is no object")
			}
			return scalar(v), "", nil
		}
		way, field, depth = below(way, field), field[1:], 0
	}
}

// listKey names a list by the way to it. It is never empty.
func listKey(way string, depth int) string { return way + "#" + strconv.Itoa(depth) }

// below is the way to the next of a field's keys.
func below(way string, field []string) string {
	if way == "" {
		return field[0]
	}
	return way + "." + field[0]
}

// index reads the next of a field's keys as the number of a list's element.
func index(field []string) (int, bool) {
	if len(field) == 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(field[0], 10, 31)
	return int(n), err == nil
}

// scalar is a JSON value that is no list and no object, as text.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v) // true or false: nothing else is left
	}
}

func (f *filling) wrong(field, problem string) error {
	return &FieldError{Template: f.template.text, Field: field, Problem: problem}
}
