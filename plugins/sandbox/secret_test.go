package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// All that a guest could look at: its memory and that of Extism's kernel, after
// requests with a secret that the upstream repeats as it can.
func TestASecretIsNotInAGuestsMemory(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		if token != "Bearer "+secret {
			t.Errorf("the upstream was sent %q", token)
		}
		w.Header().Set("X-Token", token)
		io.WriteString(w, "for sure: "+token)
	}))
	defer u.Close()
	policy, err := egress.ParsePolicy([]string{u.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Options{
		Policy:  policy,
		Headers: map[string]http.Header{u.URL: {"Authorization": {"Bearer " + secret}}},
		Secrets: []string{secret},
	})
	defer client.Close()
	for name, spec := range map[string]Spec{
		"http_request": {Module: fixture(t, "relay.wasm"), Config: map[string]string{"upstream": u.URL}},
		"fetch_all":    {Module: fixture(t, "fetchall.wasm")},
	} {
		t.Run(name, func(t *testing.T) {
			spec.Fetch = client
			m := load(t, box(t, Options{}), spec)
			i := run(t, m)
			input := framed(t, []framedRequest{{URL: u.URL + "/1"}, {URL: u.URL + "/2"}})
			out, err := i.Call(t.Context(), "render", input)
			if err != nil || !bytes.Contains(out, []byte("for sure: Bearer [secret]")) {
				t.Fatalf("%s, %v", out, err)
			}
			page := i.guest.page.Memory()
			all, _ := page.Read(0, page.Size())
			dump := append(bytes.Clone(i.kernelBytes()), all...)
			if !bytes.Contains(dump, []byte("for sure: ")) {
				t.Error("the dump has not even the answer")
			}
			if bytes.Contains(dump, []byte(secret)) {
				t.Error("the secret is in the guest's memory")
			}
			if told := fmt.Sprintf("%+v %v %v", i.Seen(), i.Sources(), i.Log()); bytes.Contains([]byte(told), []byte(secret)) {
				t.Error("the secret is remembered: " + told)
			}
		})
	}
}
