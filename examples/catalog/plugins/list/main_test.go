package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/site/sitetest"
)

func TestTheListHasEveryItemOnItsBoard(t *testing.T) {
	sitetest.Open(t)
	for locale, wants := range map[string][]string{
		"en": {`<h2 id="boring">Boring</h2>`, `href="/shop/item/gimlet"`, `href="/shop/boring"`, `hreflang="de" href="/shop/de"`, `canonical" href="/shop"`, "As of"},
		"de": {`<h2 id="boring">Bohren</h2>`, `href="/shop/de/item/gimlet"`, `href="/shop/de/boring"`, `hreflang="en" href="/shop"`, `canonical" href="/shop/de"`, "Stand"},
	} {
		result, html := sitetest.Make(t, "/", locale, "")
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %s in\n%s", locale, want, html)
			}
		}
		if n := strings.Count(html, `class="card `); n != 24 {
			t.Errorf("%s: %d items", locale, n)
		}
		if result.Revalidate != 10 {
			t.Errorf("revalidate %d", result.Revalidate)
		}
	}
}

// A list that is empty because the shop is closed must not replace a good one.
func TestAShopThatFailsFailsThePage(t *testing.T) {
	sitetest.Serve(t, http.NotFoundHandler())
	if result, err := sitetest.Load("/", "en", ""); err == nil {
		t.Errorf("%+v", result)
	}
}
