package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/site/sitetest"
)

func TestThePageIsMadeWithoutTheShop(t *testing.T) {
	sitetest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) }))
	for locale, want := range map[string]string{"en": "<h1>This hook is empty</h1>", "de": "<h1>Dieser Haken ist leer</h1>"} {
		result, html := sitetest.Make(t, "/404", locale, "")
		if !strings.Contains(html, want) || strings.Contains(html, "canonical") {
			t.Errorf("%s:\n%s", locale, html)
		}
		if result.Revalidate != 0 {
			t.Errorf("revalidate %d", result.Revalidate)
		}
	}
}
