package goods

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
)

func TestEveryTeaIsThereOnceAndHasAPicture(t *testing.T) {
	shop, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	var teas []Tea
	if err := json.Unmarshal(get("/teas").Body.Bytes(), &teas); err != nil || len(teas) < 10 {
		t.Fatal(teas, err)
	}
	var slugs []string
	for _, tea := range teas {
		var one Tea
		if err := json.Unmarshal(get("/teas/"+tea.Slug).Body.Bytes(), &one); err != nil || one != tea || slices.Contains(slugs, tea.Slug) {
			t.Errorf("%s: %+v, %v", tea.Slug, one, err)
		}
		if _, err := os.Stat("../../public/teas/" + tea.Slug + ".svg"); err != nil {
			t.Error(err)
		}
		slugs = append(slugs, tea.Slug)
	}
	if w := get("/teas/coffee"); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
}
