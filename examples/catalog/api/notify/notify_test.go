package notify

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTellSignsWhatItSends(t *testing.T) {
	var sent []string
	site := Site{Secret: "s"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		id, at, signature := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature")
		if id == "" || at == "" || signature != "v1,"+site.sign(id+"."+at+"."+string(body)) {
			t.Errorf("id %q, time %q, signature %q", id, at, signature)
		}
		sent = append(sent, id, string(body))
	}))
	defer server.Close()
	site.URL = server.URL
	for range 2 {
		if err := site.Tell(t.Context(), map[string]string{"a": "b"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(sent) != 4 || sent[1] != `{"a":"b"}` || sent[0] == sent[2] {
		t.Errorf("sent %q", sent)
	}
}

func TestTellSaysWhatTheSiteHasAgainstIt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"Invalid token"}`, http.StatusUnauthorized)
	}))
	err := Site{URL: server.URL}.Tell(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized") || !strings.Contains(err.Error(), "Invalid token") {
		t.Error(err)
	}
	server.Close()
	if err := (Site{URL: server.URL}).Tell(t.Context(), nil); err == nil {
		t.Error("no error of a site that is not there")
	}
}
