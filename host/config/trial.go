package config

import (
	"strconv"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Trial is what a version of a plugin has to pass before it replaces another in a
// running host. Pages of the new version are made and compared with the stored
// ones. Percentages are of what is stored; 0 leaves that gate open.
type Trial struct {
	Paths            int           // pages that are made at most
	Timeout          time.Duration // for all of them
	MaxFailures      int           // of them that may fail
	AllowKindChanges bool          // whether a page may turn into a 404, a redirect or an error
	MinSizePercent   int           // a body may not be smaller
	MaxSizePercent   int           // nor larger
	MaxFuelPercent   int           // nor may it take more work
}

// Probation is what a version has to live up to after it replaced another.
type Probation struct {
	Window         time.Duration // how long after; 0 if it is turned off
	MinFailures    int           // pages that have failed before it is judged
	MaxRatePercent int           // by how many points more of its generations may fail than of the replaced version's
}

type fileTrial struct {
	Paths            int             `toml:"paths"`
	Timeout          strict.Duration `toml:"timeout"`
	MaxFailures      int             `toml:"max_failures"`
	AllowKindChanges bool            `toml:"allow_kind_changes"`
	MinSizePercent   int             `toml:"min_size_percent"`
	MaxSizePercent   int             `toml:"max_size_percent"`
	MaxFuelPercent   int             `toml:"max_fuel_percent"`
}

type fileProbation struct {
	Enabled        bool            `toml:"enabled"`
	Window         strict.Duration `toml:"window"`
	MinFailures    int             `toml:"min_failures"`
	MaxRatePercent int             `toml:"max_rate_percent"`
}

var (
	defaultTrial = fileTrial{
		// A template that breaks one page in ten is found with a chance of 88 %;
		// twenty pages of a slow upstream still take seconds.
		Paths: 20,
		// A deploy that waits longer is taken for one that hangs.
		Timeout: strict.Duration(2 * time.Minute),
		// A page of a quarter or of four times the size is another page. A new
		// design changes less, an empty list or a page within a page more.
		MinSizePercent: 25,
		MaxSizePercent: 400,
		// The same work gives the same number; a loop that became quadratic, ten times it.
		MaxFuelPercent: 500,
	}
	defaultProbation = fileProbation{
		Enabled: true,
		// Windows of minutes are usual, so that the pages that are looked at are made anew in it.
		Window: strict.Duration(10 * time.Minute),
		// One page that fails is tried again this often in about seven seconds (S31).
		MinFailures: 5,
		// An upstream that fails now and then fails for both versions alike.
		MaxRatePercent: 20,
	}
)

func (f fileTrial) config() Trial {
	return Trial{
		Paths: f.Paths, Timeout: time.Duration(f.Timeout), MaxFailures: f.MaxFailures, AllowKindChanges: f.AllowKindChanges,
		MinSizePercent: f.MinSizePercent, MaxSizePercent: f.MaxSizePercent, MaxFuelPercent: f.MaxFuelPercent,
	}
}

func (f fileProbation) config() Probation {
	if !f.Enabled {
		return Probation{}
	}
	return Probation{Window: time.Duration(f.Window), MinFailures: f.MinFailures, MaxRatePercent: f.MaxRatePercent}
}

const (
	maxKeep     = 100
	maxPlugins  = 100_000
	maxTried    = 10_000
	maxPercent  = 1_000_000
	maxWindow   = strict.Duration(30 * 24 * time.Hour)
	minTryTime  = strict.Duration(time.Second)
	minWasmSize = strict.Size(1 << 10)
)

func checkTrial(doc *strict.Document, f file) {
	within := func(key string, n, least, most int, unit string) {
		if n < least || n > most {
			doc.Errorf(key, "", "%s is %s; want %d to %d%s", key, found(doc, key, strconv.Itoa(n)), least, most, unit)
		}
	}
	within("plugins.keep", f.Plugins.Keep, 0, maxKeep, " versions besides the active one")
	within("plugins.max", f.Plugins.Max, 1, maxPlugins, " plugins")
	checkSize(doc, "plugins.max_modules", f.Plugins.MaxModules, minWasmSize, "for no bound")
	within("trial.paths", f.Trial.Paths, 0, maxTried, " pages")
	within("trial.max_failures", f.Trial.MaxFailures, 0, maxTried, " pages")
	within("trial.min_size_percent", f.Trial.MinSizePercent, 0, 100, "")
	within("trial.max_size_percent", f.Trial.MaxSizePercent, 0, maxPercent, "")
	within("trial.max_fuel_percent", f.Trial.MaxFuelPercent, 0, maxPercent, "")
	within("probation.min_failures", f.Probation.MinFailures, 1, maxTried, " generations")
	within("probation.max_rate_percent", f.Probation.MaxRatePercent, 0, 100, "")
	checkFactor(doc, "trial.max_size_percent", f.Trial.MaxSizePercent)
	checkFactor(doc, "trial.max_fuel_percent", f.Trial.MaxFuelPercent)
	if d := f.Trial.Timeout; d < minTryTime || d > maxWindow {
		doc.Errorf("trial.timeout", "", "trial.timeout is %s; want %s to %s", found(doc, "trial.timeout", d.String()), minTryTime, maxWindow)
	}
	if d := f.Probation.Window; d < minTryTime || d > maxWindow {
		doc.Errorf("probation.window", "write enabled = false for no probation", "probation.window is %s; want %s to %s", found(doc, "probation.window", d.String()), minTryTime, maxWindow)
	}
	for i, name := range f.Grants.Env {
		if names, err := strict.References("${" + name + "}"); err != nil || len(names) != 1 || names[0] != name {
			key := "grants.env[" + strconv.Itoa(i) + "]"
			doc.Errorf(key, `write the name alone: env = ["CMS_TOKEN"]`, "%s is %s; want the name of an environment variable", key, doc.Quote(key))
		}
	}
}

// checkFactor refuses bounds that the very same page would not pass.
func checkFactor(doc *strict.Document, key string, percent int) {
	if percent > 0 && percent < 100 {
		doc.Errorf(key, "100 is what there is now, 0 any", "%s is %s; want 100 or more", key, found(doc, key, strconv.Itoa(percent)))
	}
}
