package manifest

import (
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// file is plugin.toml, key by key.
type file struct {
	Name     string            `toml:"name"`
	Route    string            `toml:"route"`
	Module   string            `toml:"module"`
	SHA256   string            `toml:"sha256"`
	Snapshot bool              `toml:"snapshot"`
	Always   bool              `toml:"revalidate_always"`
	Build    fileBuild         `toml:"build"`
	Limits   fileLimits        `toml:"limits"`
	Fetch    fileFetch         `toml:"fetch"`
	Files    map[string]string `toml:"files"`
	Config   map[string]string `toml:"config"`
}

type fileBuild struct {
	Command string   `toml:"command"`
	Watch   []string `toml:"watch"`
}

type fileLimits struct {
	Timeout strict.Duration `toml:"timeout"`
	Memory  strict.Size     `toml:"memory"`
	Output  strict.Size     `toml:"output"`
}

type fileFetch struct {
	Allow       []string        `toml:"allow"`
	Methods     []string        `toml:"methods"`
	Timeout     strict.Duration `toml:"timeout"`
	MaxResponse strict.Size     `toml:"max_response"`
	MaxRequests int             `toml:"max_requests"`
	Private     []string        `toml:"private"`
	// Secrets, because a value written out instead of ${NAME} is one.
	Headers map[string]map[string]strict.Secret `toml:"headers" usage:"headers belong to an origin: write [fetch.headers.\"https://api.example.com\"] above them"`
}

func defaults() file {
	return file{
		Snapshot: true,
		Limits: fileLimits{
			// Longer than any page that someone waits for should take; shorter
			// than what proxies give up after (30 to 60 s).
			Timeout: strict.Duration(10 * time.Second),
			// A Go guest takes about 10 MB, a JavaScript engine with a large page
			// 60 MB. Memory that is not touched costs nothing.
			Memory: 128 << 20,
			// The largest pages of the web have a few megabytes of HTML.
			Output: 8 << 20,
		},
		Fetch: fileFetch{
			// Half of the generation, so that a slow upstream leaves time for a
			// second one, and for the page.
			Timeout:     strict.Duration(5 * time.Second),
			MaxResponse: 8 << 20,
			// A list and a request for each of its items, with room; a page of more
			// waits for its upstream longer than anybody waits for it.
			MaxRequests: 64,
		},
	}
}

// manifest takes over what needs no check beyond its type and bounds.
func (f file) manifest() *Manifest {
	return &Manifest{
		Name:     f.Name,
		Snapshot: f.Snapshot,
		Always:   f.Always,
		Build:    Build{Command: f.Build.Command},
		Limits: Limits{
			Timeout: time.Duration(f.Limits.Timeout),
			Memory:  int64(f.Limits.Memory),
			Output:  int64(f.Limits.Output),
		},
		Fetch: Fetch{
			Allow:       f.Fetch.Allow,
			Methods:     f.Fetch.Methods,
			Timeout:     time.Duration(f.Fetch.Timeout),
			MaxResponse: int64(f.Fetch.MaxResponse),
			MaxRequests: f.Fetch.MaxRequests,
			Private:     f.Fetch.Private,
		},
		Files: f.Files,
	}
}
