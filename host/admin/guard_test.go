package admin

import (
	"net/http"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/guard"
)

func TestWhoGuessesTheTokenIsSlowedDown(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := server(secret, nil)
	s.opt.Guard = guard.New(func() time.Time { return now })
	for range 100 {
		if w := ask(s, "GET", "/api/plugins", "Authorization: Bearer guess"); w.Code == http.StatusTooManyRequests {
			break
		} else if w.Code != http.StatusUnauthorized {
			t.Fatal(w.Code, w.Body)
		}
	}
	w := ask(s, "GET", "/api/plugins", "Authorization: Bearer "+secret)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "6" {
		t.Errorf("with the token after too many guesses: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := ask(s, "GET", "/livez"); w.Code != http.StatusOK {
		t.Errorf("the health check is %d", w.Code)
	}
	now = now.Add(6 * time.Second)
	if w := ask(s, "GET", "/no/such/route", "Authorization: Bearer "+secret); w.Code != http.StatusNotFound {
		t.Errorf("after the wait: %d", w.Code)
	}
}
