package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest/strict/stricttest"
)

// TestGolden runs the cases of testdata: wisr.toml and, where it matters, the
// environment. What is wanted are the errors, or the settings that differ from
// the defaults; of an empty file all settings.
func TestGolden(t *testing.T) {
	base, _, err := parse(FileName, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	stricttest.Golden(t, func(t *testing.T, c stricttest.Case) string {
		env := make(map[string]string)
		for line := range strings.Lines(c.Files["env"]) {
			name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
			env[name] = value
		}
		cfg, _, err := parse(FileName, []byte(c.Files[FileName]), func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		})
		if err != nil {
			return err.Error()
		}
		var out strings.Builder
		common := make(map[string]bool)
		if c.Files[FileName] != "" {
			for _, line := range settings("", reflect.ValueOf(*base)) {
				common[line] = true
			}
		}
		for _, line := range settings("", reflect.ValueOf(*cfg)) {
			if !common[line] {
				out.WriteString(line + "\n")
			}
		}
		return out.String()
	})
}

// settings lists the fields of a struct, one a line.
func settings(name string, v reflect.Value) []string {
	if s, ok := v.Interface().(Secret); ok {
		if !s.IsSet() {
			return []string{name + " = unset"}
		}
		return []string{name + " = " + s.String()}
	}
	switch v.Kind() {
	case reflect.Struct:
		var lines []string
		for i := range v.NumField() {
			lines = append(lines, settings(strings.TrimPrefix(name+"."+v.Type().Field(i).Name, "."), v.Field(i))...)
		}
		return lines
	case reflect.Slice:
		lines := []string{fmt.Sprintf("%s has %d", name, v.Len())}
		for i := range v.Len() {
			lines = append(lines, settings(fmt.Sprintf("%s[%d]", name, i), v.Index(i))...)
		}
		return lines
	case reflect.String:
		return []string{fmt.Sprintf("%s = %q", name, v)}
	}
	return []string{fmt.Sprintf("%s = %v", name, v)}
}
