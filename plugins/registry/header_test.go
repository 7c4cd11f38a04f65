package registry

import (
	"strings"
	"testing"
)

// secured adds a header with a value to what a relay sends to its upstream.
func (s *site) secured(name, value string) string {
	s.t.Helper()
	return s.relay(name, "/"+name, "[fetch.headers.\""+s.upstream.URL+"\"]\nX-Key = \""+value+"\"")
}

func TestHeadersHaveTheEnvironmentsValues(t *testing.T) {
	s := newSite(t)
	s.opt.LookupEnv = func(name string) (string, bool) {
		value, ok := map[string]string{"KEY": "k1", "OTHER": "k2", "EMPTY": "", "NOT_WISR_KEY": "k3", "WISR": "k4"}[name]
		return value, ok
	}
	tests := map[string]struct{ value, want string }{
		"plain":    {"text", "text"},
		"one":      {"Bearer ${KEY}", "Bearer k1"},
		"two":      {"${KEY}:${OTHER}", "k1:k2"},
		"empty":    {"a${EMPTY}b", "ab"},
		"literal":  {"$${KEY} and $${WISR_SECRET}", "${KEY} and ${WISR_SECRET}"},
		"similar":  {"${NOT_WISR_KEY}", "k3"},
		"shorter":  {"${WISR}", "k4"},
		"mentions": {"WISR_SECRET", "WISR_SECRET"},
	}
	for name, tt := range tests {
		s.secured(name, tt.value)
		s.upstream.On(name+"/render", func(in input) (int, string) { return 200, in.Header.Get("X-Key") })
	}
	r := s.open()
	for name, tt := range tests {
		if got := body(t, r, "/"+name); got != tt.want {
			t.Errorf("%s is sent as %q, want %q", tt.value, got, tt.want)
		}
	}
}

// The host's own secrets are no plugin's: one of them sent to an upstream would
// let it revalidate, read drafts and administer the site. Whether it is set does
// not count, so that a plugin is not refused at one place only.
func TestHeadersRefuseTheHostsSecretsAndWhatCannotBeSent(t *testing.T) {
	s := newSite(t)
	s.opt.LookupEnv = func(name string) (string, bool) {
		if strings.EqualFold(name, "WISR_UNSET") || name == "UNSET" {
			return "", false
		}
		return map[string]string{"LINE": "s3cr3t\n", "NUL": "s3cr3t\x00"}[name] + "s3cr3t", true
	}
	tests := map[string]struct{ value, says string }{
		"secret":  {"Bearer ${WISR_ADMIN_TOKEN}", "X-Key refers to the environment variable WISR_ADMIN_TOKEN, but those that begin with WISR_ are the host's own; use another name"},
		"second":  {"${KEY}${WISR_DRAFT_SECRET}", "X-Key refers to the environment variable WISR_DRAFT_SECRET, but"},
		"lower":   {"${wisr_admin_token}", "X-Key refers to the environment variable wisr_admin_token, but"},
		"prefix":  {"${WISR_}", "X-Key refers to the environment variable WISR_, but"},
		"unset":   {"${WISR_UNSET}", "X-Key refers to the environment variable WISR_UNSET, but"},
		"missing": {"${KEY} ${UNSET}", "X-Key needs the environment variable UNSET, which is not set"},
		"line":    {"Bearer ${LINE}", "X-Key has a line break or control character in the value of LINE"},
		"nul":     {"${KEY} ${NUL}", "X-Key has a line break or control character in the value of KEY or NUL"},
	}
	dirs := make(map[string]string)
	for name, tt := range tests {
		dirs[name] = s.secured(name, tt.value)
	}
	s.plugin("good", "/good", "hello.wasm")
	r := s.open()
	checkups, err := Check(t.Context(), s.opt)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		p := problem(t, r, dirs[name])
		want := dirs[name] + "/plugin.toml: [fetch.headers.\"" + s.upstream.URL + "\"] " + tt.says
		if p.Plugin != name || !strings.HasPrefix(p.Err.Error(), want) {
			t.Errorf("the problem of %s is\n%v, want\n%s", p.Plugin, p.Err, want)
		}
		if strings.Contains(p.Err.Error(), "s3cr3t") {
			t.Errorf("it shows the secret: %v", p.Err)
		}
		for _, c := range checkups {
			if c.Plugin == name && (c.Err() == nil || !strings.Contains(c.Err().Error(), tt.says)) {
				t.Errorf("Check says %v, want %q", c.Err(), tt.says)
			}
		}
	}
	if len(checkups) != len(tests)+1 {
		t.Errorf("%d checkups", len(checkups))
	}
	if n := s.upstream.Called(""); n != 0 {
		t.Errorf("the upstream was called %d times", n)
	}
	if strings.Contains(s.log.String(), "s3cr3t") {
		t.Error("the log shows a secret")
	}
}
