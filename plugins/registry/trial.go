package registry

import (
	"context"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// Trial is what a version has to pass before it replaces another.
type Trial struct {
	Paths   int           // how many pages are generated at most
	Timeout time.Duration // for all of them together

	MaxFailures      int  // pages that may fail
	AllowKindChanges bool // whether a page may become a 404, a redirect or an error page

	// Bounds of a body's bytes and of the work, in percent of what is live; 0: none.
	MinSizePercent, MaxSizePercent, MaxFuelPercent int

	// Live tells what visitors get at a key now; false if there is nothing
	// stored. nil: there never is.
	Live func(ctx context.Context, key string) (LivePage, bool)
}

// LivePage is what a trial compares with.
type LivePage struct {
	Kind   page.Kind
	Status int
	Size   int    // bytes of the body
	Fuel   uint64 // 0: not known
}

// Tried is what a trial found out about one page.
type Tried struct {
	Path   string        `json:"path"`
	Kind   string        `json:"kind,omitempty"` // "page", "notFound", "redirect"; "" if it failed
	Status int           `json:"status,omitempty"`
	Size   int           `json:"size"`
	Fuel   uint64        `json:"fuel,omitempty"`
	Took   time.Duration `json:"took"`           // nanoseconds
	Live   *LivePage     `json:"live,omitempty"` // what it was compared with
	Error  string        `json:"error,omitempty"`
}

// try runs the trial of a version that is to replace what its paths have now.
func (r *Registry) try(ctx context.Context, v *Version, report *Report, tell func(Progress)) error {
	return nil
}
