package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/wisr-dev/wisr/host/api"
)

// described is openapi.json, with the answers that were seen.
type described struct {
	t       *testing.T
	doc     map[string]any
	schemas *jsonschema.Compiler
	seen    map[string]bool // "GET /api/plugins 200"
}

func readDocument(t *testing.T) *described {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	d := &described{t: t, doc: doc.(map[string]any), schemas: jsonschema.NewCompiler(), seen: make(map[string]bool)}
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return d
}

// at returns what is at a place in the document, following references, and that place.
func (d *described) at(keys ...string) (value any, place []string) {
	value = d.doc
	for i, key := range keys {
		value = value.(map[string]any)[key]
		if object, ok := value.(map[string]any); ok && object["$ref"] != nil {
			target := strings.Split(strings.TrimPrefix(object["$ref"].(string), "#/"), "/")
			return d.at(append(target, keys[i+1:]...)...)
		}
	}
	return value, keys
}

// answers are all that the document has, as "GET /api/plugins 200".
func (d *described) answers() []string {
	var all []string
	for path, item := range d.doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			for status := range op.(map[string]any)["responses"].(map[string]any) {
				all = append(all, strings.ToUpper(method)+" "+path+" "+status)
			}
		}
	}
	return all
}

// check holds an answer against the document.
func (d *described) check(method, path string, w *httptest.ResponseRecorder) {
	d.t.Helper()
	name := fmt.Sprintf("%s %s %d", method, path, w.Code)
	response, place := d.at("paths", path, strings.ToLower(method), "responses", strconv.Itoa(w.Code))
	if response == nil {
		d.t.Errorf("%s is not described: %s", name, w.Body)
		return
	}
	d.seen[name] = true
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	content, _ := response.(map[string]any)["content"].(map[string]any)
	if content == nil {
		if w.Body.Len() > 0 || kind != "" {
			d.t.Errorf("%s has a body, which is not described: %s", name, w.Body)
		}
		return
	}
	if content[kind] == nil {
		d.t.Errorf("%s is of the type %q, which is not described", name, kind)
		return
	}
	if kind != "application/json" {
		return
	}
	d.valid(name, append(place, "content", kind, "schema"), w.Body.Bytes())
}

// valid holds JSON against the schema at a place.
func (d *described) valid(name string, place []string, text []byte) {
	d.t.Helper()
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var pointer strings.Builder
	for _, key := range place {
		pointer.WriteString("/" + escape.Replace(key))
	}
	schema, err := d.schemas.Compile("openapi.json#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer.String()))
	if err != nil {
		d.t.Fatal(err)
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		d.t.Errorf("%s is not JSON: %v", name, err)
		return
	}
	if err := schema.Validate(body); err != nil {
		d.t.Errorf("%s: %v\n%s", name, err, text)
	}
}

func TestRoutesAndDocumentAreTheSame(t *testing.T) {
	d := readDocument(t)
	var documented, there []string
	for _, answer := range d.answers() {
		name := answer[:strings.LastIndexByte(answer, ' ')]
		if !slices.Contains(documented, name) {
			documented = append(documented, name)
		}
	}
	for _, route := range new(Server).routes() {
		there = append(there, route.method+" "+route.path)
	}
	slices.Sort(documented)
	slices.Sort(there)
	if !slices.Equal(documented, there) {
		t.Errorf("openapi.json has\n%s\nthe listener has\n%s", strings.Join(documented, "\n"), strings.Join(there, "\n"))
	}
}

// Every answer that the document has is asked for here, and held against it.
func TestEveryAnswerIsAsTheDocumentSays(t *testing.T) {
	d := readDocument(t)
	s := newSite(t, nil)
	locked := newSite(t, func(o *Options) { o.Token = secret })
	unkept := newSite(t, func(o *Options) { o.Engine = nil })
	many := newSite(t, func(o *Options) {
		o.Cluster = func(context.Context) any { // package cluster's Status, which is not below this one
			return json.RawMessage(`{"name":"shop","host":"a","detached":false,"leases":[],"members":[{"name":"a","id":"x","leader":true}],"buckets":[],"hosts":[{"name":"a","live":true,` +
				`"heard":0,"ahead":0,"lag":0,"wisr":"(devel)","versions":{"hello":"1"},"bytes":1,"since":"2026-01-01T00:00:00Z"}]}`)
		}
		o.Forget = func(_ context.Context, host string) error {
			if status := map[string]int{"nobody": 404, "live": 409, "later": 503}[host]; status != 0 {
				return &api.Problem{Status: status, Code: "no_host", Message: "…"}
			}
			return nil
		}
	})
	s.visit("/hello")
	ask := func(s *site, method, route, path string, status int, body io.Reader, fields ...string) {
		t.Helper()
		w := s.do(request(method, path, body, fields...))
		if w.Code != status {
			t.Errorf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
		}
		d.check(method, route, w)
	}
	put := func(s *site, status int, path string, parts ...any) {
		t.Helper()
		body, kind := upload(parts...)
		ask(s, "PUT", "/api/plugins/{name}", path, status, body, "Content-Type: "+kind)
	}
	hello, noRender := moduleOf(t, "hello"), moduleOf(t, "norender")
	const plugin, rollback = "/api/plugins/{name}", "/api/plugins/{name}/rollback"

	ask(s, "GET", "/livez", "/livez", 200, nil)
	ask(s, "GET", "/readyz", "/readyz", 200, nil)
	ask(s, "GET", "/metrics", "/metrics", 200, nil)
	ask(s, "GET", "/api/openapi.json", "/api/openapi.json", 200, nil)
	ask(s, "GET", "/api/plugins", "/api/plugins", 200, nil)
	ask(s, "GET", plugin, "/api/plugins/broken", 200, nil)
	ask(s, "GET", plugin, "/api/plugins/nobody", 404, nil)

	put(s, 200, "/api/plugins/hello", "manifest", manifestOf("hello", "# 2\n"), "module", hello)
	put(s, 200, "/api/plugins/hello", "manifest", manifestOf("hello", "# 2\n"), "module", hello)
	put(s, 200, "/api/plugins/hello?trial=skip", "manifest", manifestOf("hello", "# 3\n"), "module", hello)
	put(s, 422, "/api/plugins/hello", "manifest", manifestOf("hello", "# 4\n"), "module", noRender)
	put(s, 422, "/api/plugins/hello", "manifest", manifestOf("hello", "[fetch]\nallow = [\"https://a.example\", \"https://b.example\"]\n"), "module", hello)
	put(s, 422, "/api/plugins/other", "manifest", manifestOf("hello", ""), "module", hello)
	put(s, 200, "/api/plugins/other", "manifest", manifestOf("other", "# 1\n"), "module", hello)
	put(s, 200, "/api/plugins/other", "manifest", manifestOf("other", "# 2\n"), "module", hello)
	put(s, 400, "/api/plugins/hello", "manifest", manifestOf("hello", ""))
	put(s, 400, "/api/plugins/hello?trial=no", "manifest", manifestOf("hello", ""), "module", hello)
	put(s, 413, "/api/plugins/hello", "manifest", make([]byte, maxManifest+1), "module", hello)
	s.events.Publish(api.Event{Type: api.EventFail, Plugin: "hello", Path: "/hello", Message: "no", Log: "log error: no", Count: 1, Kept: true})
	ask(s, "GET", plugin, "/api/plugins/hello", 200, nil)

	ask(s, "POST", rollback, "/api/plugins/hello/rollback", 200, nil)
	ask(s, "POST", rollback, "/api/plugins/hello/rollback", 422, strings.NewReader(`{"version":"0000"}`))
	ask(s, "POST", rollback, "/api/plugins/hello/rollback", 400, strings.NewReader(`{"versoin":"0000"}`))
	ask(s, "POST", rollback, "/api/plugins/nobody/rollback", 404, nil)

	for _, path := range []string{"/api/plugins/{name}/revalidate", "/api/revalidate"} {
		url := strings.ReplaceAll(path, "{name}", "hello")
		s.visit("/hello")
		ask(s, "POST", path, url+"?path=/hello&path=/nobody", 200, nil)
		ask(s, "POST", path, url, 200, strings.NewReader(`{"tags":["a"],"sources":["https://a.example/*"],"mode":"purge"}`))
		ask(s, "POST", path, url+"?path=/hello&mode=regenerate", 200, nil, "Accept: application/x-ndjson")
		ask(s, "POST", path, url+"?path=hello", 400, nil)
		ask(s, "POST", path, url+"?path=/nobody", 404, nil)
		ask(s, "POST", path, url, 413, strings.NewReader(strings.Repeat(" ", maxRevalidate+1)))
		ask(unkept, "POST", path, url, 409, nil)
	}
	ask(s, "POST", "/api/revalidate", "/api/revalidate?path=/broken", 500, nil)
	ask(s, "POST", "/api/plugins/{name}/revalidate", "/api/plugins/broken/revalidate?path=/broken", 500, nil)

	ask(s, "GET", "/api/pages", "/api/pages?plugin=hello&prefix=/h&limit=1", 200, nil)
	ask(s, "GET", "/api/pages", "/api/pages?state=old", 400, nil)
	ask(unkept, "GET", "/api/pages", "/api/pages", 409, nil)
	for _, path := range []string{"/hello", "/broken", "/robots.txt", "/nobody"} {
		ask(s, "GET", "/api/pages/explain", "/api/pages/explain?path="+path, 200, nil)
	}
	ask(unkept, "GET", "/api/pages/explain", "/api/pages/explain?path=/hello", 200, nil)
	ask(s, "GET", "/api/pages/explain", "/api/pages/explain?path=hello", 400, nil)
	ask(s, "GET", "/api/cluster", "/api/cluster", 404, nil)
	ask(many, "GET", "/api/cluster", "/api/cluster", 200, nil)
	const forget = "/api/cluster/hosts/"
	ask(s, "DELETE", forget+"{name}", forget+"gone", 404, nil)
	for name, status := range map[string]int{"gone": 204, "nobody": 404, "live": 409, "later": 503} {
		ask(many, "DELETE", forget+"{name}", forget+name, status, nil)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	w := s.do(request("GET", "/api/events", nil).WithContext(gone))
	d.check("GET", "/api/events", w)

	ask(s, "DELETE", plugin, "/api/plugins/hello", 204, nil)
	ask(s, "DELETE", plugin, "/api/plugins/hello", 404, nil)

	for _, route := range s.server.routes() {
		path := strings.ReplaceAll(route.path, "{name}", "hello")
		ask(s, route.method, route.path, path, 403, nil, "Origin: https://evil.example")
		if route.path != "/livez" && route.path != "/readyz" {
			ask(locked, route.method, route.path, path, 401, nil)
		}
	}
	throttled := &api.Problem{Status: 429, Code: "too_many_attempts", Message: "…"} // package guard's tests ask so often
	for _, route := range s.server.routes() {
		if route.path != "/livez" && route.path != "/readyz" {
			w := httptest.NewRecorder()
			reply(w, throttled.Status, throttled)
			d.check(route.method, route.path, w)
		}
	}
	s.registry.Close()
	s.stopping = errors.New("shutting down")
	ask(s, "GET", "/readyz", "/readyz", 503, nil)
	put(s, 503, "/api/plugins/hello", "manifest", manifestOf("hello", ""), "module", hello)
	ask(s, "DELETE", plugin, "/api/plugins/broken", 503, nil)
	ask(s, "POST", rollback, "/api/plugins/other/rollback", 503, nil)

	for _, answer := range d.answers() {
		if !d.seen[answer] {
			t.Errorf("%s is described, and never seen here", answer)
		}
	}
}

// The document says of every kind of event what is in it.
func TestEventsAreAsTheDocumentSays(t *testing.T) {
	d := readDocument(t)
	for _, kind := range []string{
		api.EventLoad, api.EventRefuse, api.EventRollback, api.EventRemove, api.EventProgress, api.EventRegenerate,
		api.EventFail, api.EventInvalidate, api.EventDrop, api.EventStore, api.EventLost,
	} {
		text, err := json.Marshal(api.Event{ID: 1, Type: kind, Plugin: "a", Version: "1", Path: "/a", Reason: "r", Message: "m", Log: "l", Took: 1, Count: 1, Kept: true})
		if err != nil {
			t.Fatal(err)
		}
		d.valid(kind, []string{"components", "schemas", "Event"}, text)
	}
}
