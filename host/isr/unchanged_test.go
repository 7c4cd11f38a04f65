package isr_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// renewer makes pages, and tells of what has not changed that it has not.
type renewer struct {
	renderFunc
	same bool
	last []*isr.Entry // what it was given
}

func (r *renewer) Render(ctx context.Context, key string, reason page.Reason, last *isr.Entry) (*isr.Output, error) {
	r.last = append(r.last, last)
	if last != nil && r.same {
		return &isr.Output{Unchanged: true}, nil
	}
	out, err := r.renderFunc(ctx, key, reason)
	if err == nil {
		out.Seen = []byte(`{"reads":1}`)
	}
	return out, err
}

// visit visits a path as anybody does.
func (s *site) visit(key string) isr.Answer {
	s.t.Helper()
	answer, err := s.Visit(context.Background(), at(key), isr.Plain, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
	return answer
}

func TestAnUnchangedPageBeginsANewWindowWithWhatItHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewer{same: true}
		s := open(t, func(o *isr.Options) {
			r.renderFunc = o.Renderer.(renderFunc)
			o.Renderer = r
		})
		first := s.visit("/a")
		time.Sleep(10 * time.Second)
		s.visit("/a")
		synctest.Wait()
		second, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now())
		if err != nil || second.State != isr.Hit || second.Detail != isr.Unchanged {
			t.Fatalf("%v %v, %v; want a hit that says unchanged", second.State, second.Detail, err)
		}
		was, is := first.Entry, second.Entry
		if string(is.Body) != string(was.Body) || is.ETag != was.ETag || is.Fuel != was.Fuel || string(is.Seen) != string(was.Seen) || is.Revalidate != was.Revalidate {
			t.Errorf("%+v\nbecame %+v", was, is)
		}
		if !is.StartedAt.After(was.StartedAt) || is.FinishedAt.Sub(was.FinishedAt) != 10*time.Second {
			t.Errorf("it is from %v to %v, and was from %v to %v", is.StartedAt, is.FinishedAt, was.StartedAt, was.FinishedAt)
		}

		// Someone who says that it is stale is asked about: the page may change by it.
		if err := s.Invalidate(t.Context(), isr.Name{Kind: isr.NamePath, Value: "/a"}); err != nil {
			t.Fatal(err)
		}
		r.same = false
		s.visit("/a")
		synctest.Wait()
		if third := s.visit("/a"); third.State != isr.Hit || third.Detail != isr.NoDetail || third.Entry.Unchanged || s.made != 2 {
			t.Errorf("%v %v after %d generations; want a hit of the second", third.State, third.Detail, s.made)
		}
		if r.last[0] != nil || r.last[1] == nil || r.last[2] == nil {
			t.Errorf("the renderer was given %v", r.last)
		}
	})
}

func TestS100AnEditorsPageIsMadeWhateverIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewer{same: true}
		s := open(t, func(o *isr.Options) {
			r.renderFunc = o.Renderer.(renderFunc)
			o.Renderer = r
		})
		s.visit("/a")
		if _, err := s.Renew(t.Context(), at("/a")); err != nil || s.made != 2 || r.last[1] != nil {
			t.Errorf("%d generations, given %v, %v", s.made, r.last, err)
		}
	})
}
