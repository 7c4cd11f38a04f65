package sandbox

import (
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// Seen is what the calls of a run were told by the world besides their input:
// as long as it stays the same, the same module makes the same of the same
// input. It is made to be stored, as JSON.
//
// The time and the randomness that an initialiser asked for do not count:
// language runtimes seed their tables with them, and mostly it ran once for all
// runs. Nor does the monotonic clock, which says nothing but how long something
// took.
type Seen struct {
	Clock  bool          `json:"clock,omitempty"`  // it asked what time it is
	Random bool          `json:"random,omitempty"` // it asked for randomness
	Files  []File        `json:"files,omitempty"`  // what it opened in its folders, each once
	Much   bool          `json:"much,omitempty"`   // it opened more than Files holds
	Reads  []egress.Read `json:"reads,omitempty"`  // what it read from the network
}

// File is a file or folder as a guest found it.
type File struct {
	Path     string    `json:"path"` // the guest's, such as "/content/a.md"
	Size     int64     `json:"size,omitempty"`
	Modified time.Time `json:"modified,omitzero"` // zero: so young that it may change again and keep its time
	Missing  bool      `json:"missing,omitempty"` // it could not be opened
	Folder   bool      `json:"folder,omitempty"`  // size and time are there, and count, once it was listed
	Listed   bool      `json:"listed,omitempty"`
}

// settled tells whether a change would show.
func (f File) settled() bool {
	return f.Missing || f.Folder && !f.Listed || !f.Modified.IsZero()
}

// now is the file as it is now, in a form to compare.
func (f File) now(root *os.Root) File {
	_, name, inside := strings.Cut(f.Path[1:], "/")
	if !inside {
		name = "."
	}
	info, err := root.Stat(name)
	if err != nil {
		return File{Path: f.Path, Missing: true}
	}
	return fileOf(f.Path, info, f.Listed)
}

const (
	// maxSeen bounds the files that a run remembers, which are stored with each
	// page: looking at more of them again would cost what rendering costs.
	maxSeen = 1000

	// settled is the age from which a time of modification is trusted: file
	// systems count in steps, the coarsest in use in 2 s (FAT).
	settled = 2 * time.Second

	clockResolution = sys.ClockResolution(time.Microsecond)
)

// observed collects the parts of Seen that are not the network's. It is used
// by the goroutine that runs the guest.
type observed struct {
	begun         bool // the initialiser ran: clock and randomness count
	clock, random bool
	files         []File
	known         map[string]int // where in files
	much          bool
}

// opened notes that a guest opened a file, or tried to.
func (o *observed) opened(path string, info fs.FileInfo, err error) {
	f := File{Path: path, Missing: true}
	if err == nil {
		f = fileOf(path, info, false)
	}
	o.keep(f)
}

// listed notes that a guest read the names in a folder.
func (o *observed) listed(path string, info fs.FileInfo) {
	o.keep(fileOf(path, info, true))
}

func (o *observed) keep(f File) {
	if o.much {
		return
	}
	at, known := o.known[f.Path]
	switch {
	case known && f.Listed && !o.files[at].Listed:
		o.files[at] = f
	case known: // what it was first counts: it is older
	case len(o.files) == maxSeen:
		o.much = true
	default:
		if o.known == nil {
			o.known = make(map[string]int)
		}
		o.known[f.Path] = len(o.files)
		o.files = append(o.files, f)
	}
}

func fileOf(path string, info fs.FileInfo, listed bool) File {
	f := File{Path: path, Folder: info.IsDir(), Listed: listed && info.IsDir()}
	if f.Folder && !f.Listed {
		return f
	}
	f.Size = info.Size()
	if time.Since(info.ModTime()) > settled {
		f.Modified = info.ModTime().UTC()
	}
	return f
}

// walltime is WASI's real-time clock.
func (i *Instance) walltime() (sec int64, nsec int32) {
	i.seen.clock = i.seen.clock || i.seen.begun
	now := time.Now()
	return now.Unix(), int32(now.Nanosecond())
}

// Seen returns what the run was told so far. Between calls and after Close it
// can be read as well.
func (i *Instance) Seen() Seen {
	i.mu.Lock()
	defer i.mu.Unlock()
	o := &i.seen
	return Seen{Clock: o.clock, Random: o.random, Files: o.files, Much: o.much, Reads: i.fetch.Reads()}
}

// Checkable reports whether a [Module.Check] can find that nothing changed:
// a guest that asked for the time would be told another.
func (s Seen) Checkable() bool {
	if s.Clock || s.Random || s.Much {
		return false
	}
	for _, r := range s.Reads {
		if !r.Repeatable {
			return false
		}
	}
	for _, f := range s.Files {
		if !f.settled() {
			return false
		}
	}
	return true
}

func (m *Module) sameFiles(files []File) bool {
	roots := make(map[string]*os.Root, len(m.files))
	defer func() {
		for _, root := range roots {
			root.Close()
		}
	}()
	for _, mt := range m.files {
		root, err := os.OpenRoot(mt.host)
		if err != nil {
			return false
		}
		roots[mt.guest] = root
	}
	for _, f := range files {
		folder, _, _ := strings.Cut(strings.TrimPrefix(f.Path, "/"), "/")
		root := roots[folder]
		if root == nil || f.now(root) != f {
			return false
		}
	}
	return true
}
