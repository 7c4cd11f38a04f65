package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/plugins/page"
)

// Trial is what a version has to pass before it replaces another: pages that are
// live are made with it, are compared with what is live, and thrown away.
type Trial struct {
	Paths   int           // how many pages are made at most; 0: no trial
	Timeout time.Duration // for all of them together; 0: none

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
	Kind   page.Kind `json:"kind"`
	Status int       `json:"status"`
	Size   int       `json:"size"`           // bytes of the body
	Fuel   uint64    `json:"fuel,omitempty"` // 0: not known
}

// Tried is what a trial found out about one page.
type Tried struct {
	Path   string        `json:"path"`
	Kind   string        `json:"kind,omitempty"` // "page", "notFound", "redirect"; "" if it failed
	Status int           `json:"status,omitempty"`
	Size   int           `json:"size"` // bytes of the body
	Fuel   uint64        `json:"fuel,omitempty"`
	Took   time.Duration `json:"took"`           // nanoseconds
	Live   *LivePage     `json:"live,omitempty"` // what it was compared with; none: nothing was stored
	Error  string        `json:"error,omitempty"`

	err error
}

// atOnce is how many pages a trial makes at a time: while one waits for an
// upstream, another one runs.
const atOnce = 4

// try runs the trial of a version. The error is ctx's, or joins a reason for each
// gate that it did not pass.
func (r *Registry) try(ctx context.Context, v *Version, report *Report, tell func(Progress)) error {
	t := r.opt.Trial
	sample, err := r.sample(ctx, v, t.Paths)
	if err != nil {
		return withCode(CodePaths, "", err)
	}
	if len(sample) == 0 {
		return nil
	}
	trial, cancel := ctx, context.CancelFunc(func() {})
	if t.Timeout > 0 {
		trial, cancel = context.WithTimeout(ctx, t.Timeout)
	}
	defer cancel()
	report.Paths = make([]Tried, len(sample))
	var group errgroup.Group
	group.SetLimit(atOnce)
	var mu sync.Mutex
	done := 0
	progress := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		if done += n; tell != nil {
			tell(Progress{Step: "try", Done: done, Of: len(sample)})
		}
	}
	progress(0)
	for i, match := range sample {
		group.Go(func() error {
			report.Paths[i] = r.tryPage(trial, match)
			progress(1)
			return nil
		})
	}
	_ = group.Wait() // the functions return no error
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := t.judge(report.Paths, trial.Err() != nil); err != nil {
		report.Trial = TrialFailed
		return err
	}
	report.Trial = TrialPassed
	return nil
}

// tryPage makes one page in shadow: nothing of it is stored.
func (r *Registry) tryPage(ctx context.Context, match Match) Tried {
	tried := Tried{Path: match.table.Key(page.Path{Path: match.Path, Locale: match.Locale})}
	if r.opt.Trial.Live != nil {
		if live, ok := r.opt.Trial.Live(ctx, tried.Path); ok {
			tried.Live = &live
		}
	}
	if match.Version.Fallback == page.FallbackFalse && !match.Known() { // S60: no guest is asked
		tried.Kind, tried.Status = page.KindNotFound.String(), 404
		return tried
	}
	begun := time.Now()
	made, err := match.Version.generate(ctx, match.Input(), page.ReasonBuild)
	tried.Took = time.Since(begun)
	if err != nil {
		tried.Error, tried.err = err.Error(), err
		return tried
	}
	tried.Kind, tried.Status, tried.Size, tried.Fuel = made.Result.Kind.String(), made.Result.Status, len(made.Body), made.Fuel
	tried.Fuel = made.Fuel
	switch made.Result.Kind {
	case page.KindRedirect:
		tried.Status = made.Result.Redirect.StatusCode
	case page.KindNotFound:
		tried.Status = 404
	}
	return tried
}

// sample chooses the pages: what visitors asked for last, then what
// getStaticPaths lists. Of pages that the version's route does not match any more
// there is nothing to try: the manifest says so on purpose.
func (r *Registry) sample(ctx context.Context, v *Version, n int) ([]Match, error) {
	table := newTable([]*Version{v}, nil, r.opt.Locales, r.opt.DefaultLocale)
	var sample []Match
	seen := make(map[string]bool)
	add := func(key string) {
		if match, ok := table.Lookup(key); ok && !seen[key] && len(sample) < n {
			seen[key] = true
			sample = append(sample, match)
		}
	}
	for _, key := range v.recent.list() {
		add(key)
	}
	err := v.Paths(ctx, func(p page.Path) error {
		if len(sample) >= n {
			return errEnough
		}
		add(table.Key(p))
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return sample, nil
}

var errEnough = errors.New("there are enough")

// judge holds the pages of a trial against its gates. late tells that the time was
// over before all were made.
func (t *Trial) judge(pages []Tried, late bool) error {
	var reasons, failures []error
	for _, p := range pages {
		switch {
		case p.err == nil:
			reasons = append(reasons, t.compare(p)...)
		case !late || !errors.Is(p.err, context.DeadlineExceeded):
			failures = append(failures, withCode(CodeFailed, "mend the page, or deploy once what it needs is there", p.err))
		}
	}
	if len(failures) > t.MaxFailures {
		reasons = append(failures, reasons...)
	}
	if late {
		reasons = append(reasons, withCode(CodeSlow, "make the pages faster, or set a longer timeout below [trial] in wisr.toml", fmt.Errorf("%d pages were not made within %s", len(pages), t.Timeout)))
	}
	return joined(reasons)
}

// compare returns what is wrong with a page that was made, given what is live.
func (t *Trial) compare(p Tried) (reasons []error) {
	if p.Live == nil {
		return nil
	}
	refuse := func(code, fix, format string, args ...any) {
		reasons = append(reasons, &coded{code: code, fix: fix, path: p.Path, err: fmt.Errorf(format, args...)})
	}
	if was, is := p.Live.answers(), (LivePage{Kind: kindOf(p.Kind), Status: p.Status}).answers(); was != is && was != "not found" && !t.AllowKindChanges {
		refuse(CodeKind, "if that is meant, set allow_kind_changes = true below [trial] in wisr.toml", "%s is %s (%d), and would become %s (%d)", p.Path, was, p.Live.Status, is, p.Status)
		return reasons
	}
	if p.Live.Kind != page.KindProps || p.Kind != page.KindProps.String() {
		return nil
	}
	if least := p.Live.Size * t.MinSizePercent / 100; p.Size < least {
		refuse(CodeSize, "if that is meant, set a lower min_size_percent below [trial] in wisr.toml", "%s has %d bytes, and would have %d, less than %d%%", p.Path, p.Live.Size, p.Size, t.MinSizePercent)
	}
	if most := p.Live.Size * t.MaxSizePercent / 100; t.MaxSizePercent > 0 && p.Size > most+smallPage {
		refuse(CodeSize, "if that is meant, set a higher max_size_percent below [trial] in wisr.toml", "%s has %d bytes, and would have %d, more than %d%%", p.Path, p.Live.Size, p.Size, t.MaxSizePercent)
	}
	if most := p.Live.Fuel / 100 * uint64(t.MaxFuelPercent); most > 0 && p.Fuel > most {
		refuse(CodeFuel, "if that is meant, set a higher max_fuel_percent below [trial] in wisr.toml", "%s needs %d units of work, and would need %d, more than %d%%", p.Path, p.Live.Fuel, p.Fuel, t.MaxFuelPercent)
	}
	return reasons
}

// smallPage is by how many bytes any page may grow: a factor says nothing of a
// page that has hardly any.
const smallPage = 1 << 10

// answers is what a visitor takes a page for.
func (p LivePage) answers() string {
	switch {
	case p.Kind == page.KindNotFound || p.Status == 404 || p.Status == 410:
		return "not found"
	case p.Kind == page.KindRedirect:
		return "a redirect"
	case p.Status >= 400:
		return "an error"
	}
	return "a page"
}

func kindOf(name string) (k page.Kind) {
	_ = k.UnmarshalText([]byte(name)) // it is a Kind's own name
	return k
}
