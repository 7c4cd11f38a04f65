package stock

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func open(t *testing.T) *Shop {
	t.Helper()
	shop, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func TestTheGoodsAreComplete(t *testing.T) {
	shop := open(t)
	known := map[string]bool{}
	texts := map[string]text{}
	for _, c := range shop.categories {
		known[c.ID] = true
		texts[c.ID+" name"], texts[c.ID+" text"] = c.Name, c.Text
	}
	for _, it := range shop.items {
		if known[it.ID] || !known[it.Category] || it.Price < 1 || it.Weight < 1 || it.Length < 1 {
			t.Errorf("%+v", it)
		}
		known[it.ID] = true
		texts[it.ID+" name"], texts[it.ID+" text"], texts[it.ID+" material"] = it.Name, it.Text, it.Material
		if _, err := os.Stat("../../public/tools/" + it.ID + ".svg"); err != nil {
			t.Errorf("no picture: %v", err)
		}
	}
	for what, text := range texts {
		if len(text) != 2 || text["en"] == "" || text["de"] == "" {
			t.Errorf("%s: %q", what, text)
		}
	}
	for id, successor := range shop.discontinued {
		if known[id] || !known[successor] {
			t.Errorf("%s → %s", id, successor)
		}
	}
	if len(shop.items) != 24 {
		t.Errorf("%d items", len(shop.items))
	}
}

func TestAnswers(t *testing.T) {
	shop := open(t)
	for _, test := range []struct {
		method, target, body string
		status               int
		want                 string // part of the answer
	}{
		{"GET", "/categories", "", 200, `{"categories":[{"id":"striking","name":"Striking",`},
		{"GET", "/categories?lang=de", "", 200, `"name":"Schlagen","text":"Hämmer`},
		{"GET", "/items?category=boring", "", 200, `{"items":[{"id":"brace",`},
		{"GET", "/items?category=no", "", 200, `{"items":[]}`},
		{"GET", "/items?category=", "", 200, `{"items":[]}`},
		{"GET", "/items/gimlet?lang=de", "", 200, `"name":"Nagelbohrer"`},
		{"GET", "/items/pin-gauge", "", 200, `{"id":"pin-gauge","successor":"marking-gauge"}`},
		{"GET", "/items/no", "", 404, `{"error":"there is no such item"}`},
		{"GET", "/items/gimlet?lang=fr", "", 400, `want en or de`},
		{"GET", "/items?delay=2", "", 400, `want a time such as 2s`},
		{"GET", "/items?delay=31s", "", 400, `at most 30s`},
		{"GET", "/items?delay=-1s", "", 400, `want a time`},
		{"PUT", "/items/gimlet", `{"price":99}`, 200, `"price":99,`},
		{"GET", "/items/gimlet", "", 200, `"price":99,`},
		{"PUT", "/items/gimlet", `{"price":0}`, 400, `price is 0; want cents from 1 to 9999999`},
		{"PUT", "/items/gimlet", `{"price":1.5}`, 400, `want {\"price\": 3900}, in cents`},
		{"PUT", "/items/gimlet", `{"stock":1}`, 400, `unknown field`},
		{"PUT", "/items/gimlet", strings.Repeat(" ", 2000) + `{"price":1}`, 400, `too large`},
		{"PUT", "/items/no", `{"price":1}`, 404, `no such item`},
		{"PUT", "/items/pin-gauge", `{"price":1}`, 404, `no such item`},
		{"DELETE", "/items/gimlet", "", 405, ""},
		{"GET", "/", "", 404, ""},
	} {
		w := ask(shop, test.method, test.target, test.body)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s %s: %d %s\nwant %d …%s…", test.method, test.target, w.Code, w.Body, test.status, test.want)
		}
		if test.want != "" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: no JSON", test.method, test.target)
		}
	}
}

func TestFeaturedIsAPartOfAll(t *testing.T) {
	shop := open(t)
	count := func(target string) int {
		var answer struct{ Items []json.RawMessage }
		if err := json.Unmarshal(ask(shop, "GET", target, "").Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		return len(answer.Items)
	}
	if some, all := count("/items?featured=true"), count("/items"); some < 1 || some >= all {
		t.Errorf("%d of %d are featured", some, all)
	}
}

func TestDelayHoldsTheAnswerBack(t *testing.T) {
	shop := open(t)
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if w := ask(shop, "GET", "/items?delay=2s", ""); w.Code != 200 || time.Since(begun) != 2*time.Second {
			t.Errorf("%d after %v", w.Code, time.Since(begun))
		}
	})
}

func TestAClientThatGoesAwayChangesNothing(t *testing.T) {
	shop := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "PUT", "/items/gimlet?delay=30s", strings.NewReader(`{"price":1}`))
	shop.ServeHTTP(httptest.NewRecorder(), r)
	if w := ask(shop, "GET", "/items/gimlet", ""); strings.Contains(w.Body.String(), `"price":1,`) {
		t.Error(w.Body)
	}
}

func TestEditsAreToldBeforeTheyAreAnswered(t *testing.T) {
	shop := open(t)
	var told []Edit
	shop.Edited = func(_ context.Context, e Edit) {
		if w := ask(shop, "GET", "/items/"+e.Item.ID, ""); !strings.Contains(w.Body.String(), `"price":4242,`) {
			t.Errorf("who is told of the edit sees the old price: %s", w.Body)
		}
		told = append(told, e)
	}
	for _, body := range []string{`{"price":4242}`, `{"price":0}`} {
		ask(shop, "PUT", "/items/gimlet", body)
	}
	ask(shop, "PUT", "/items/nothing", `{"price":4242}`)
	text, err := json.Marshal(told)
	if want := `[{"type":"item.updated","item":{"id":"gimlet","category":"boring"}}]`; err != nil || string(text) != want {
		t.Errorf("told %s, want %s", text, want)
	}
}

func TestTradePricesAreForWhoHasTheKey(t *testing.T) {
	shop := open(t)
	for _, key := range []string{"", "the key"} {
		shop.Key = key
		if w := ask(shop, "GET", "/items/claw-hammer/trade", ""); w.Code != http.StatusUnauthorized {
			t.Errorf("key %q: %d %s", key, w.Code, w.Body)
		}
	}
	with := func(id, tag string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/items/"+id+"/trade", nil)
		r.Header.Set("X-Shop-Key", "the key")
		r.Header.Set("If-None-Match", tag)
		shop.ServeHTTP(w, r)
		return w
	}
	first := with("claw-hammer", "")
	if first.Code != http.StatusOK || !strings.Contains(first.Body.String(), `"price":2760`) {
		t.Errorf("%d %s", first.Code, first.Body)
	}
	tag := first.Header().Get("ETag")
	if w := with("claw-hammer", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("unchanged: %d %s", w.Code, w.Body)
	}
	if w := ask(shop, "PUT", "/items/claw-hammer", `{"price":4000}`); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	if w := with("claw-hammer", tag); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"price":3200`) {
		t.Errorf("changed: %d %s", w.Code, w.Body)
	}
	if w := with("laser", ""); w.Code != http.StatusNotFound {
		t.Errorf("unknown: %d", w.Code)
	}
}
