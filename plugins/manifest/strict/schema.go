package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

var (
	sizeType     = reflect.TypeFor[Size]()
	durationType = reflect.TypeFor[Duration]()
	secretType   = reflect.TypeFor[Secret]()
	stringsType  = reflect.TypeFor[[]string]()
)

// schema is what a table may hold, in the order of the struct's fields.
type schema struct {
	path   string // full name of the table; "" for the top of the file
	many   bool   // a list of such tables
	fields []field
}

type field struct {
	name  string
	index int
	table *schema // of a struct or a slice of structs, else nil
	open  bool    // a map: a table with any keys
	usage string  // of a map: how it is written, where that is not plain
}

func schemaOf(t reflect.Type, path string) (*schema, error) {
	s := &schema{path: path}
	for i := range t.NumField() {
		sf := t.Field(i)
		name := sf.Tag.Get("toml")
		if name == "" || !sf.IsExported() {
			return nil, fmt.Errorf("field %s of %s has no tag toml, or is not exported", sf.Name, t)
		}
		f := field{name: name, index: i, open: sf.Type.Kind() == reflect.Map, usage: sf.Tag.Get("usage")}
		switch {
		case isValue(sf.Type):
		case isTable(sf.Type), sf.Type.Kind() == reflect.Slice && isTable(sf.Type.Elem()):
			t, many := sf.Type, sf.Type.Kind() == reflect.Slice
			if many {
				t = t.Elem()
			}
			table, err := schemaOf(t, join(path, name))
			if err != nil {
				return nil, err
			}
			f.table, table.many = table, many
		default:
			return nil, fmt.Errorf("field %s of %s is of type %s, which TOML is not read into", sf.Name, t, sf.Type)
		}
		s.fields = append(s.fields, f)
	}
	return s, nil
}

func isTable(t reflect.Type) bool { return t.Kind() == reflect.Struct && t != secretType }

func isValue(t reflect.Type) bool {
	switch t {
	case sizeType, durationType, secretType, stringsType:
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return true
	case reflect.Map:
		return t.Key() == reflect.TypeFor[string]() && isValue(t.Elem())
	}
	return false
}

func (s *schema) field(name string) (field, bool) {
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return s.fields[i], true
}

// place says where in the file the keys of s stand.
func (s *schema) place() string {
	if s.path == "" {
		return "at the top of the file, before the first [table]"
	}
	return "below " + s.header()
}

// header is the line that begins s.
func (s *schema) header() string {
	if s.many {
		return "[[" + s.path + "]]"
	}
	return "[" + s.path + "]"
}

// accepted lists what s takes: its keys, then its tables.
func (s *schema) accepted() string {
	var keys, tables []string
	for _, f := range s.fields {
		switch {
		case f.table != nil:
			tables = append(tables, f.table.header())
		case f.open:
			tables = append(tables, "["+join(s.path, f.name)+"]")
		default:
			keys = append(keys, f.name)
		}
	}
	list := strings.Join(append(keys, tables...), ", ")
	switch {
	case s.path != "":
		return s.header() + " takes " + list
	case len(keys) == 0:
		return "the tables are " + list
	}
	return "the top of the file takes " + list
}

// home is a place where a key of some name may stand.
type home struct {
	table *schema
	name  string // the key's right spelling
}

func (h home) key() string { return join(h.table.path, h.name) }

// homes returns the places at and below s for a key called name, or nearly so.
func (s *schema) homes(name string) []home {
	var found []home
	for _, f := range s.fields {
		if f.table == nil && !f.open && normal(f.name) == normal(name) {
			found = append(found, home{s, f.name})
		}
	}
	for _, f := range s.fields {
		if f.table != nil {
			found = append(found, f.table.homes(name)...)
		}
	}
	return found
}
