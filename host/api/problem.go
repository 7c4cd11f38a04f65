package api

import "github.com/wisr-dev/wisr/plugins/registry"

// Problem is an answer that says no. It is an error, and what every answer with
// a status of 400 or more has as its body.
type Problem struct {
	Status  int    `json:"-"`              // of the answer
	Code    string `json:"code"`           // for programs: one of those in openapi.json
	Message string `json:"message"`        // for people
	Path    string `json:"path,omitempty"` // the page that it is about
	Log     string `json:"log,omitempty"`  // what the page's module logged, and its stack, line by line
	Fix     string `json:"fix,omitempty"`  // what to do, or the line to add

	// Report is there where a version of a plugin was refused (status 422): all of why.
	Report *registry.Report `json:"report,omitempty"`
}

func (p *Problem) Error() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Fix != "" {
		text += "; " + p.Fix
	}
	return text
}
