package demand

import (
	"bufio"
	"context"
	"encoding/json"
)

// Lines is the media type of an answer that is sent a result a line.
const Lines = "application/x-ndjson"

// Long tells whether r may take any time, since pages that it does not name
// are generated: it should end when the host is to stop.
func (r *Request) Long() bool {
	return r.Mode == Regenerate && (len(r.Tags)+len(r.Sources) > 0 || len(r.Paths) == 0)
}

// Stream carries out a request and writes each result as a line of JSON as soon as
// it is there, at last the counts: {"revalidated":true,"counts":{"revalidated":12}}.
// When that fails, which is how one learns that the reader has gone, no more is
// begun. The error is as of Do, and then nothing was written.
func (v *Revalidator) Stream(ctx context.Context, r Request, w *bufio.Writer) error {
	line := func(value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(text, '\n')); err != nil {
			return err
		}
		return w.Flush()
	}
	answer, err := v.Do(ctx, r, func(result Result) error { return line(result) })
	if err != nil {
		return err
	}
	// Nobody is there any more if this fails.
	_ = line(last{answer.Revalidated, answer.Counts, answer.Error})
	return nil
}

// last is an Answer without its results, which were sent before.
type last struct {
	Revalidated bool            `json:"revalidated"`
	Counts      map[Outcome]int `json:"counts"`
	Error       string          `json:"error,omitempty"`
}
