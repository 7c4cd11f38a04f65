package registry

import "time"

// Probation is what a version has to live up to after it replaced another.
type Probation struct {
	Window         time.Duration // how long; 0: none
	MinFailures    int           // generations that must have failed before it is judged
	MaxRatePercent int           // by how many points more of its generations may fail than of the replaced version's
}

// ProbationStatus is how a version does.
type ProbationStatus struct {
	Until    time.Time `json:"until"`
	Previous string    `json:"previous"` // the version that comes back
}

// probation is what is remembered of it.
type probation struct {
	Previous string    `json:"previous"`
	Until    time.Time `json:"until"`
}

func (r *Registry) probation(v *Version) *ProbationStatus { return nil }
