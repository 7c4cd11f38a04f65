package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/site/sitetest"
)

func TestTheTradeListHasEveryItemWithItsTradePrice(t *testing.T) {
	sitetest.Open(t)
	for locale, wants := range map[string][]string{
		"en": {"<h1>Trade list</h1>", "24 tools", `href="/shop/item/claw-hammer">`, "€27.60"},
		"de": {"<h1>Händlerliste</h1>", "24 Werkzeuge", `href="/shop/de/item/claw-hammer">`, "27,60\u00a0€"},
	} {
		_, html := sitetest.Make(t, "/trade", locale, "")
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %s in\n%s", locale, want, html)
			}
		}
	}
}

// What the shop says to someone without the key.
func TestAShopThatRefusesFailsThePage(t *testing.T) {
	sitetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusUnauthorized)
	}))
	if result, err := sitetest.Load("/trade", "en", ""); err == nil {
		t.Errorf("%+v", result)
	}
}
