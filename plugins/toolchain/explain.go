package toolchain

import (
	"path"
	"regexp"
	"strings"
)

// notFound is how shells, make and Windows say that there is no such program.
var notFound = regexp.MustCompile(`(?m)(?:^|[ :'"‘])([\w./@+-]+?)['’"]?: (?:command )?not found$|` +
	`^make(?:\[\d+\])?: ([\w./+-]+): No such file or directory$|` +
	`^'([\w./\\+-]+)' is not recognized as an internal or external command`)

// signs are what compilers say when a part of theirs is missing.
var signs = []struct{ text, tool string }{
	{"canceled due to missing packages", "asc"}, // npx --no, without a package of that name in the site
	{"could not determine executable to run", "asc"},
	{`Executable "wasm-ld" doesn't exist`, "wasm-ld"},
	{"the `" + WasmTarget + "` target may not be installed", WasmTarget},
}

// Explain tells which tool a failed command wanted, by what it printed. ok is
// false where the failure is of another kind, or of a tool that the package does not know.
func (m Machine) Explain(output string) (missing Missing, ok bool) {
	for _, sign := range signs {
		if strings.Contains(output, sign.text) {
			return Missing{sign.tool, catalogue[sign.tool].install(m)}, true
		}
	}
	for _, found := range notFound.FindAllStringSubmatch(output, -1) {
		name := path.Base(strings.ReplaceAll(found[1]+found[2]+found[3], `\`, "/"))
		if t, known := catalogue[strings.TrimSuffix(name, ".exe")]; known {
			return Missing{name, t.install(m)}, true
		}
	}
	return Missing{}, false
}

// String is one line for people: what is missing, and the command, or the page that has it.
func (m Missing) String() string {
	if strings.HasPrefix(m.Install, "see ") {
		return m.Tool + " is not installed: " + m.Install
	}
	return m.Tool + " is not installed; get it by: " + m.Install
}
