package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/site"
	"github.com/wisr-dev/wisr/examples/catalog/site/sitetest"
)

func id(s string) string { return `"id":"` + s + `"` }

func TestFeaturedItemsAreMadeAheadInBothLanguages(t *testing.T) {
	sitetest.Open(t)
	paths, fallback := sitetest.Paths(t, "id")
	if fallback != true || len(paths) < 4 || len(paths) >= 2*24 {
		t.Errorf("%v %q", fallback, paths)
	}
	for _, want := range []string{"claw-hammer en", "claw-hammer de"} {
		if !slices.Contains(paths, want) {
			t.Errorf("no %s in %q", want, paths)
		}
	}
}

func TestEveryItemHasAPageThatLinksToWhatIsThere(t *testing.T) {
	sitetest.Open(t)
	items, err := site.NewAPI("en").Items("")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"/shop": true, "/shop/de": true}
	for _, item := range items {
		for _, prefix := range []string{"/shop", "/shop/de"} {
			known[prefix+"/item/"+item.ID], known[prefix+"/"+item.Category] = true, true
		}
	}
	for _, item := range items {
		for _, locale := range []string{"en", "de"} {
			result, html := sitetest.Make(t, "/item/"+item.ID, locale, id(item.ID))
			if !slices.Contains(result.Tags, "item:"+item.ID) || result.Revalidate != 10 {
				t.Errorf("%s: %+v", item.ID, result)
			}
			for _, link := range sitetest.Links(html) {
				_, err := os.Stat("../../public" + strings.TrimPrefix(link, "/shop"))
				if !known[link] && err != nil {
					t.Errorf("%s links to %s, which is not there", item.ID, link)
				}
			}
			if strings.Contains(html, "<script") {
				t.Errorf("%s has a script", item.ID)
			}
		}
	}
}

func TestAPageSpeaksItsLanguage(t *testing.T) {
	sitetest.Open(t)
	for locale, wants := range map[string][]string{
		"en": {`<html lang="en">`, "<h1>Dividers</h1>", "€33.20", "9 in stock", `canonical" href="/shop/item/dividers"`, `"/shop/item/plumb-bob"`},
		"de": {`<html lang="de">`, "<h1>Stechzirkel</h1>", "33,20\u00a0€", "9 auf Lager", `canonical" href="/shop/de/item/dividers"`, `"/shop/de/item/plumb-bob"`},
	} {
		_, html := sitetest.Make(t, "/item/dividers", locale, id("dividers"))
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %s", locale, want)
			}
		}
	}
	if _, html := sitetest.Make(t, "/item/cabinet-rasp", "en", id("cabinet-rasp")); !strings.Contains(html, "Sold out") {
		t.Error("an item that is sold out does not say so")
	}
}

func TestADiscontinuedItemLeadsToItsSuccessor(t *testing.T) {
	sitetest.Open(t)
	for locale, want := range map[string]string{"en": "/item/marking-gauge", "de": "/de/item/marking-gauge"} {
		result, err := sitetest.Load("/item/pin-gauge", locale, id("pin-gauge"))
		if err != nil || result.Redirect["destination"] != want || result.Redirect["statusCode"] != 307.0 || result.Revalidate != 10 {
			t.Errorf("%s: %+v, %v", locale, result, err)
		}
	}
}

func TestAnUnknownItemIsNotFoundForAMoment(t *testing.T) {
	sitetest.Open(t)
	for _, name := range []string{"no-such-tool", "../categories", "Gimlet", "a b", "?lang=de", strings.Repeat("long", 100)} {
		result, err := sitetest.Load("/item/x", "en", id(name))
		if err != nil || !result.NotFound || result.Revalidate != 10 || !slices.Equal(result.Tags, []string{"items"}) {
			t.Errorf("%.20s: %+v, %v", name, result, err)
		}
	}
}

// An error, not notFound: the page that was there before has to stay.
func TestAShopThatFailsFailsThePage(t *testing.T) {
	for name, shop := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the till is stuck", http.StatusBadGateway)
		},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			sitetest.Serve(t, shop)
			result, err := sitetest.Load("/item/gimlet", "en", id("gimlet"))
			if err == nil || errors.Is(err, site.ErrNotFound) || !strings.Contains(err.Error(), "/items/gimlet?lang=en") {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
}

// S64: the shell is made once for all items, so that it can know none of them.
func TestTheShellIsTheSameForEveryItemAndAsksTheShopNothing(t *testing.T) {
	sitetest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) }))
	shell := func(path, locale, params string) string {
		return sitetest.Render(t, sitetest.Input(path, locale, params, `"props":{}`, `"isFallback":true`))
	}
	html := shell("/item/gimlet", "en", id("gimlet"))
	if html != shell("/item/brace", "en", id("brace")) || html != shell("", "en", "") {
		t.Error("shells differ")
	}
	for _, want := range []string{
		`<script src="/shop/_wisr/fallback.js" defer></script>`,
		`script-src &#39;self&#39;; connect-src &#39;self&#39;`,
		`aria-busy="true"`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in\n%s", want, html)
		}
	}
	if html := shell("/item/gimlet", "de", id("gimlet")); !strings.Contains(html, `lang="de"`) || !strings.Contains(html, "aus dem Lager") {
		t.Errorf("in German:\n%s", html)
	}
}

func TestPropsHoldNothingThatThePageDoesNotShow(t *testing.T) {
	sitetest.Open(t)
	result, err := sitetest.Load("/item/gimlet", "en", id("gimlet"))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(result.Props, &keys); err != nil || len(keys) != 4 || strings.Contains(string(result.Props), "Nagelbohrer") {
		t.Errorf("%s, %v", result.Props, err)
	}
}
