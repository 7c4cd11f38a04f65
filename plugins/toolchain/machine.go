package toolchain

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Machine is where pages are built. The zero value is a machine without anything.
type Machine struct {
	OS, Arch string // as runtime.GOOS and GOARCH have them
	Root     bool   // whoever builds may install without sudo

	// Has tells whether a program is on the PATH.
	Has func(program string) bool

	// Target tells whether Rust has its libraries for a target.
	Target func(triple string) bool
}

// Here is the machine that this program runs on.
func Here() Machine {
	return Machine{
		OS:     runtime.GOOS,
		Arch:   runtime.GOARCH,
		Root:   os.Geteuid() == 0,
		Has:    func(program string) bool { _, err := exec.LookPath(program); return err == nil },
		Target: hasTarget,
	}
}

// hasTarget asks rustc, from whom rustup and distributions hide their libraries in different places.
func hasTarget(triple string) bool {
	out, err := exec.Command("rustc", "--print", "target-libdir", "--target", triple).Output()
	if err != nil {
		return false
	}
	_, err = os.Stat(strings.TrimSpace(string(out)))
	return err == nil
}

// Missing is a tool that is not there.
type Missing struct {
	Tool    string // its name, as people know it
	Install string // the command that installs it
}

// Missing tells which of these tools are not on the machine, in their order. A
// tool that the package does not know is never missing.
func (m Machine) Missing(tools ...string) []Missing {
	var missing []Missing
	for _, name := range tools {
		t, known := catalogue[name]
		if !known || t.there(m, name) {
			continue
		}
		found := Missing{name, t.install(m)}
		if len(missing) == 0 || missing[len(missing)-1].Install != found.Install { // clang and wasm-ld come together
			missing = append(missing, found)
		}
	}
	return missing
}
