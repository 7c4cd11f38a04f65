package demand

// Outcome is what became of a name or a page.
type Outcome string

// The outcomes; see the package comment.
const (
	Revalidated Outcome = "revalidated"
	Marked      Outcome = "marked"
	Purged      Outcome = "purged"
	Skipped     Outcome = "skipped"
	Unknown     Outcome = "unknown"
	Failed      Outcome = "failed"
)

// Result is what became of one name or page. One of the first four is set.
type Result struct {
	Path   string  `json:"path,omitempty"` // of Request.Paths as it was given; of other pages the canonical one
	Tag    string  `json:"tag,omitempty"`
	Source string  `json:"source,omitempty"`
	Plugin string  `json:"plugin,omitempty"`
	Result Outcome `json:"result"`
	Status int     `json:"status,omitempty"` // of HTTP; 0 where there is nothing to say
	Error  string  `json:"error,omitempty"`  // why it failed
}

// Answer is what became of a Request.
type Answer struct {
	Revalidated bool            `json:"revalidated"` // nothing failed and nothing is unknown
	Results     []Result        `json:"results"`
	Omitted     int             `json:"omitted,omitempty"` // results beyond those that are kept; see keep
	Counts      map[Outcome]int `json:"counts"`            // of all results
	Error       string          `json:"error,omitempty"`   // why the work ended early
	Hosts       *Hosts          `json:"hosts,omitempty"`   // of many hosts, those that know of it; nil for a host alone
}

// Hosts are the hosts of one site: how many are live, and how many of them have
// confirmed that they show nothing older from now on.
type Hosts struct {
	Confirmed int `json:"confirmed"`
	Live      int `json:"live"`
}

// kept is how many results of pages that a name covers an Answer has at most, and
// as many of those that failed: who wants all listens to them as they come.
const kept = 1000

// add counts a result, and keeps it if it was asked for by name or there is room.
func (a *Answer) add(r Result, named bool) {
	if a.Counts == nil {
		a.Counts = make(map[Outcome]int)
	}
	a.Counts[r.Result]++
	most := kept
	if r.Result == Failed {
		most = 2 * kept
	}
	if named || len(a.Results) < most {
		a.Results = append(a.Results, r)
	} else {
		a.Omitted++
	}
}

// finish sets what follows from the counts.
func (a *Answer) finish(ended error) {
	if ended != nil {
		a.Error = ended.Error()
	}
	a.Revalidated = ended == nil && a.Counts[Failed] == 0 && a.Counts[Unknown] == 0
	if a.Results == nil {
		a.Results = []Result{}
	}
	if a.Counts == nil {
		a.Counts = map[Outcome]int{}
	}
}

// Statuses as HTTP has them, for all that bring calls by it.
const (
	statusOK       = 200
	statusNotFound = 404
	statusFailed   = 500
	statusBusy     = 503
)

// Status is the status of HTTP for a: 500 if something failed (S102) or the
// work ended early, 404 if everything that was named is unknown, else 200.
func (a *Answer) Status() int {
	switch {
	case a.Counts[Failed] > 0 || a.Error != "":
		return statusFailed
	case len(a.Counts) == 1 && a.Counts[Unknown] > 0:
		return statusNotFound
	}
	return statusOK
}
