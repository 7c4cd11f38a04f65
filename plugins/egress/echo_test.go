package egress

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A guest may be allowed a server that shows what it was sent.
func TestAServerThatRepeatsASecretDoesNotTellTheGuest(t *testing.T) {
	const secret = "correct-horse-battery"
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "/end?token="+token, http.StatusFound)
			return
		}
		w.Header().Set("X-Echo", token)
		w.Header().Set("Etag", `"`+token+`"`)
		fmt.Fprintf(w, `{"authorization":%q,"again":%q}`, r.Header.Get("Authorization"), token)
	})
	c := client(t, Options{
		Headers: map[string]http.Header{up.URL: {"Authorization": {"Bearer " + secret}}},
		Secrets: []string{secret, "short"},
	}, up.URL)
	for _, path := range []string{"/", "/redirect"} {
		s := c.Begin()
		got, err := s.Do(t.Context(), Request{URL: up.URL + path})
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"authorization":"Bearer [secret]","again":"[secret]"}`; string(got.Body) != want || got.Header["x-echo"] != "[secret]" {
			t.Errorf("%s: %s %v", path, got.Body, got.Header)
		}
		if kept := fmt.Sprintf("%+v %v", s.Reads(), s.Sources()); strings.Contains(kept, secret) {
			t.Errorf("%s: kept %s", path, kept)
		}
		if s.Reads()[0].Repeatable != (path == "/") {
			t.Errorf("%s: repeatable %v", path, s.Reads()[0].Repeatable)
		}
	}
}
