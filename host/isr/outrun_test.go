package isr_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// S105
func TestAnEditorGetsAPageMadeAfterAskingThoughAnotherHostsClockIsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(*isr.Options) {})
		made := 0
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			if made++; made == 1 { // meanwhile another host stores what it made before the edit
				at := time.Now().Add(time.Second)
				if _, err := s.store.Put(t.Context(), &isr.Entry{Key: "/a", Plugin: "blog", Version: version, Body: []byte("before"), StartedAt: at, FinishedAt: at, Expire: time.Hour}); err != nil {
					t.Error(err)
				}
			}
			return output("after", time.Minute), nil
		})
		entry, err := s.Renew(t.Context(), at("/a"))
		if err != nil || string(entry.Body) != "after" {
			t.Fatalf("%+v, %v", entry, err)
		}
		if stored, err := s.store.Get(t.Context(), "/a"); err != nil || string(stored.Body) != "after" || made != 2 {
			t.Errorf("after %d generations %+v is stored, %v", made, stored, err)
		}
	})
}
