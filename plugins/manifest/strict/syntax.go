package strict

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// position returns the line and the column, from 1, of an offset. Columns
// count characters, as editors do.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:])
}

// offsetOf is the inverse for the positions of go-toml, which count bytes.
func offsetOf(data []byte, err *toml.DecodeError) int {
	line, column := err.Position()
	offset := 0
	for range line - 1 {
		i := bytes.IndexByte(data[offset:], '\n')
		if i < 0 {
			break
		}
		offset += i + 1
	}
	return min(max(offset+column-1, 0), len(data))
}

// syntaxHint guesses from the line with the error what its author meant. It
// never repeats a part of the line, which may hold a secret.
func syntaxHint(data []byte, offset int) string {
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	end := len(data)
	if i := bytes.IndexByte(data[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	line := string(data[start:end])
	at := offset - start // of the error in line
	key, value, assigned := strings.Cut(line, "=")
	before, _, colon := strings.Cut(line, ":")
	switch {
	case strings.Contains(line[max(at-4, 0):min(at+1, len(line))], `\`):
		return `a backslash in double quotes begins an escape; put text with backslashes into single quotes: 'C:\site'`
	case strings.HasPrefix(line, "["):
		return "a table begins with its name in brackets, [name], on a line of its own"
	case assigned && isBare(strings.TrimSpace(key)):
		return valueHint(strings.TrimSpace(value))
	case at == 0 && line != "":
		return `a line is key = value; keys of other characters than a-z, A-Z, 0-9, "_" and "-" go in quotes`
	case assigned:
		return ""
	case colon && isBare(strings.TrimSpace(before)):
		return `write an equals sign, not a colon: key = "value"`
	case isBare(strings.TrimSpace(line)):
		return `a key needs a value: key = "value"`
	}
	return "" // most probably a line of a list
}

// valueHint is syntaxHint for what stands behind "=".
func valueHint(value string) string {
	first, _ := utf8.DecodeRuneInString(value)
	switch {
	case value == "":
		return `a key needs a value: key = "value"`
	case strings.ContainsRune("“”„‘’«»", first):
		return `use straight quotes: key = "value"`
	case first == '"' || first == '\'':
		if strings.Count(value, string(first))%2 == 1 {
			return "the closing quote is missing"
		}
		return "one key and its value a line"
	case first == '[':
		return `a list has commas between its values and ends in a bracket: ["a", "b"]`
	case first == '{':
		return `a table within a line has commas between its keys and ends in a brace: { a = "x", b = "y" }`
	}
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off":
		return "a switch is written true or false, in small letters"
	}
	number := strings.ContainsAny(value[:1], "+-0123456789")
	if !number || strings.ContainsFunc(value, unicode.IsLetter) || strings.Contains(value, ":") ||
		strings.Count(value, ".") > 1 || strings.Count(value, "-") > 1 {
		return `text goes in quotes: key = "value"`
	}
	return ""
}
