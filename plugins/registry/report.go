package registry

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Outcome is how an attempt to make a version active ended.
type Outcome string

const (
	Live      Outcome = "live"      // it is active now
	Unchanged Outcome = "unchanged" // it was active already
	Refused   Outcome = "refused"   // nothing changed
)

// Report tells of one attempt to make a version active. It is made to be shown to
// people and sent as JSON.
type Report struct {
	Plugin   string        `json:"plugin"`
	Version  string        `json:"version,omitempty"`  // "" if it was refused before it had one
	Previous string        `json:"previous,omitempty"` // the version that was active before; "" for none
	Outcome  Outcome       `json:"outcome"`
	Trial    TrialState    `json:"trial"`
	Paths    []Tried       `json:"paths,omitempty"`    // what the trial generated, in the order of the sample
	Refusals []Refusal     `json:"refusals,omitempty"` // why it was refused; none unless it was
	At       time.Time     `json:"at"`
	Took     time.Duration `json:"took"` // nanoseconds, from the first byte read to the swap
}

// TrialState is what a report says of the trial.
type TrialState string

const (
	NoTrial      TrialState = "none"    // there was nothing to compare with, or it did not come to it
	TrialPassed  TrialState = "passed"  // every gate
	TrialFailed  TrialState = "failed"  // Refusals say why
	TrialSkipped TrialState = "skipped" // an operator asked for that
)

// Refusal is one reason why a version does not go live.
type Refusal struct {
	Code    string `json:"code"`           // for programs; one of the Code constants
	Message string `json:"message"`        // what is wrong
	Path    string `json:"path,omitempty"` // of the page where it showed
	Log     string `json:"log,omitempty"`  // what the guest logged, and its stack, line by line
	Fix     string `json:"fix,omitempty"`  // what to do
}

// The codes of refusals.
const (
	CodeManifest  = "manifest"  // plugin.toml cannot be read
	CodeName      = "name"      // it was sent under another name than its own, or the name is taken
	CodeSignature = "signature" // it is not signed by one who is trusted
	CodeDigest    = "sha256"    // the module is another than the manifest says
	CodeGrant     = "grant"     // it asks for what it is not granted
	CodeLimit     = "limit"     // there are too many plugins, or their modules are too large
	CodeBuild     = "build"     // its build command failed
	CodeLoad      = "load"      // the module does not load
	CodePaths     = "paths"     // getStaticPaths failed
	CodeRoute     = "route"     // another plugin has the route
	CodeFailed    = "failed"    // a page could not be made
	CodeKind      = "kind"      // a page turned into something else, such as a 404
	CodeSize      = "size"      // a page has a much smaller or larger body
	CodeFuel      = "fuel"      // a page needs much more work
	CodeSlow      = "slow"      // the trial did not end in its time
	CodeProbation = "probation" // too many generations failed after it went live
	CodeHosts     = "hosts"     // another host of the site cannot have it
	CodeKeep      = "keep"      // it cannot be kept on the disk
	CodeUnknown   = "not_kept"  // there is no such version to go back to
	CodeNoPlugin  = "no_plugin" // there is no such plugin
)

// RefusedError says that a version did not go live, or that there is nothing
// of that name to act on.
type RefusedError struct {
	Report *Report
	Cause  error // of the first refusal, where it is an error of its own; may be nil
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "plugin %s is refused", e.Report.Plugin)
	separator := ": "
	for i, r := range e.Report.Refusals {
		if i == refusalsTold {
			fmt.Fprintf(&b, "; and %d more", len(e.Report.Refusals)-i)
			break
		}
		b.WriteString(separator)
		separator = "; "
		if r.Path != "" && !strings.Contains(r.Message, r.Path) {
			b.WriteString(r.Path + ": ")
		}
		b.WriteString(r.Message)
		if r.Fix != "" {
			b.WriteString(" (" + r.Fix + ")")
		}
	}
	return b.String()
}

func (e *RefusedError) Unwrap() error { return e.Cause }

// refusalsTold is how many refusals an error names: twenty pages that fail do so for
// one reason. The report has all.
const refusalsTold = 3

// refusedBy completes the report of a version that does not go live.
func refusedBy(report *Report, cause error) *RefusedError {
	report.Outcome = Refused
	var refused *RefusedError
	if errors.As(cause, &refused) && refused.Report == report {
		return refused
	}
	report.Refusals = append(report.Refusals, refusals(cause)...)
	return &RefusedError{Report: report, Cause: cause}
}

// coded is an error that knows what to call itself in a report.
type coded struct {
	code, fix string
	path      string // of the page that it is about; "" for none
	err       error
}

func (e *coded) Error() string { return e.err.Error() }
func (e *coded) Unwrap() error { return e.err }

// withCode marks an error for a report; nil stays nil.
func withCode(code, fix string, err error) error {
	if err == nil {
		return nil
	}
	return &coded{code: code, fix: fix, err: err}
}

// refusal is what a report says of an error.
func refusal(err error) Refusal {
	out := Refusal{Code: CodeLoad, Message: err.Error()}
	var marked *coded
	if errors.As(err, &marked) {
		out.Code, out.Fix, out.Path = marked.code, marked.fix, marked.path
	}
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		out.Code, out.Fix = CodeRoute, "give one of them another route, or load the other first in a version that leaves this one"
	}
	var failure *Failure
	if errors.As(err, &failure) {
		out.Log = failure.Trace()
		if failure.Path != "" {
			out.Path = failure.Path
		}
	}
	return out
}
