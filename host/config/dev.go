package config

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Dev is what `wisr dev` runs beside the site: a server that its pages fetch from. No
// other command looks at it.
type Dev struct {
	// Command is for the shell, in the site's folder, and Watch the files, relative to
	// that folder, whose change starts it again; both as [build] in plugin.toml has them.
	// No command: nothing is run.
	manifest.Build

	// Ready is the address, host:port, that answers when the command is ready; pages are
	// loaded after that. "": they are loaded at once.
	Ready string

	// Env are variables for the command and for what plugins refer to as ${NAME}, where
	// the environment has none of that name.
	Env map[string]string
}

type fileDev struct {
	Command string            `toml:"command"`
	Watch   []string          `toml:"watch"`
	Ready   string            `toml:"ready"`
	Env     map[string]string `toml:"env"`
}

func checkDev(doc *strict.Document, f fileDev, c *Config) {
	if !doc.Has("dev") || isOff(doc, "dev.") {
		return
	}
	c.Dev = Dev{Build: manifest.Build{Command: f.Command}, Ready: f.Ready, Env: f.Env}
	switch {
	case !doc.Has("dev.command"):
		doc.Errorf("dev", `add command = "…", which starts what the pages fetch from, or remove [dev]`, "[dev] has no command")
	case strings.TrimSpace(f.Command) == "", strings.ContainsRune(f.Command, 0):
		doc.Errorf("dev.command", "write the command that starts what the pages fetch from, or remove [dev]", "dev.command is %s; want a command", doc.Quote("dev.command"))
	}
	for i, glob := range f.Watch {
		if problem, hint := manifest.CheckGlob(glob); problem != "" {
			key := fmt.Sprintf("dev.watch[%d]", i)
			doc.Errorf(key, hint, "%s is %s; %s", key, doc.Quote(key), problem)
			continue
		}
		c.Dev.Watch = append(c.Dev.Watch, glob)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Env)) {
		if names, err := strict.References("${" + name + "}"); err != nil || len(names) != 1 || names[0] != name {
			doc.Errorf(strict.Key("dev", "env", name), `write env = { API_KEY = "a value for development" }`, "dev.env has %q; want the name of an environment variable", name)
		}
	}
	if !doc.Has("dev.ready") {
		return
	}
	problem, hint := checkAddress(f.Ready)
	if _, port, _ := net.SplitHostPort(f.Ready); problem == "" && strings.Trim(port, "0") == "" {
		problem, hint = "port 0 is any port", `write the one that the command listens on: ready = "127.0.0.1:4000"`
	}
	if problem != "" {
		if doc.FromEnv("dev.ready") { // problem and hint may repeat what is in it
			problem, hint = "it is not host:port", `it has to come out as an address such as "127.0.0.1:4000"`
		}
		doc.Errorf("dev.ready", hint, "dev.ready is %s: %s", doc.Quote("dev.ready"), problem)
	}
}
