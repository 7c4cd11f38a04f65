package registry

import (
	"log/slog"
	"slices"
	"strings"
	"time"
)

// State is what a plugin is doing.
type State string

const (
	StateLive      State = "live"      // its active version serves
	StateProbation State = "probation" // so does it, and may go back by itself
	StateBroken    State = "broken"    // it has no version that works: stored pages are served, others fail
)

// Status is what there is to know of a plugin now.
type Status struct {
	Name      string           `json:"name"`
	Route     string           `json:"route"`
	State     State            `json:"state"`
	Active    string           `json:"active"`           // version; "" if its module was never read
	Folder    string           `json:"folder,omitempty"` // that gives it; "" if it was sent and there is none
	Versions  []Stored         `json:"versions"`         // those that can be rolled back to, and the active one, what came last first
	Problem   string           `json:"problem,omitempty"`
	Last      *Report          `json:"last,omitempty"` // of the last attempt to load a version
	Probation *ProbationStatus `json:"probation,omitempty"`
}

// Stored is a version of a plugin.
type Stored struct {
	ID     string    `json:"id"`
	Active bool      `json:"active"`
	Origin Origin    `json:"origin"`
	Since  time.Time `json:"since"` // when it was loaded for the first time
	Bytes  int64     `json:"bytes"` // of the module
}

// Status returns what there is to know of every plugin, by name.
func (r *Registry) Status() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	table := r.Table()
	all := make([]Status, 0, len(table.Versions))
	for place, v := range r.versions {
		if slices.Contains(table.Versions, v) {
			all = append(all, r.status(place, v))
		}
	}
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Plugin returns what there is to know of one plugin.
func (r *Registry) Plugin(name string) (Status, bool) {
	for _, s := range r.Status() {
		if s.Name == name {
			return s, true
		}
	}
	return Status{}, false
}

// status is Status of one version that is in the table. r.mu is held.
func (r *Registry) status(place string, v *Version) Status {
	s := Status{Name: v.Plugin, Route: v.Route.String(), State: StateLive, Active: v.ID, Versions: []Stored{}, Last: r.reports[v.Plugin]}
	if !isSent(place) {
		s.Folder = place
	}
	if v.Err != nil {
		s.State, s.Problem = StateBroken, v.Err.Error()
	}
	if p, ok := r.problems[place]; ok {
		s.Problem = p.Err.Error()
	}
	rec := r.records[v.Plugin]
	if rec == nil {
		rec = &record{Versions: []Kept{{ID: v.ID, Origin: v.Origin, Bytes: v.bytes}}}
	}
	for _, k := range rec.Versions {
		s.Versions = append(s.Versions, Stored{ID: k.ID, Active: k.ID == v.ID, Origin: k.Origin, Since: k.Since, Bytes: k.Bytes})
	}
	if p := r.probation(v); p != nil {
		s.State, s.Probation = StateProbation, p
	}
	return s
}

// Kept returns the versions of all plugins that are active or can be made active
// again: those whose pages may be needed.
func (r *Registry) Kept() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := keptIDs(r.records)
	for _, v := range r.versions {
		ids = append(ids, v.ID)
	}
	return distinct(ids)
}

// KeptIn returns the versions that can be made active again according to what a
// registry left in a folder, its Options.Versions.
func KeptIn(versions string) ([]string, error) {
	records, err := readRecords(versions, slog.New(slog.DiscardHandler))
	return distinct(keptIDs(records)), err
}

func keptIDs(records map[string]*record) (ids []string) {
	for _, rec := range records {
		for _, k := range rec.Versions {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// distinct sorts texts and leaves out repeated and empty ones.
func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.DeleteFunc(slices.Compact(texts), func(s string) bool { return s == "" })
}
