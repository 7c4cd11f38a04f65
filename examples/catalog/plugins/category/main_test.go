package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/site/sitetest"
)

func named(s string) string { return `"category":"` + s + `"` }

func TestEveryCategoryIsMadeAheadInBothLanguages(t *testing.T) {
	sitetest.Open(t)
	paths, fallback := sitetest.Paths(t, "category")
	want := []string{"striking en", "striking de", "cutting en", "cutting de", "measuring en", "measuring de", "holding en", "holding de", "boring en", "boring de"}
	if fallback != "blocking" || !slices.Equal(paths, want) {
		t.Errorf("%v %q", fallback, paths)
	}
}

func TestACategoryShowsItsItemsAndNoOthers(t *testing.T) {
	sitetest.Open(t)
	for locale, wants := range map[string][]string{
		"en": {"<h1>Boring</h1>", "3 tools", `href="/shop/item/gimlet"`, "€11.80", `class="board-boring" href="/shop/boring" aria-current="true"`},
		"de": {"<h1>Bohren</h1>", "3 Werkzeuge", `href="/shop/de/item/gimlet"`, "11,80\u00a0€", `href="/shop/de/boring"`},
	} {
		result, html := sitetest.Make(t, "/boring", locale, named("boring"))
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %s in\n%s", locale, want, html)
			}
		}
		if strings.Contains(html, "/item/claw-hammer") || !slices.Equal(result.Tags, []string{"items", "category:boring"}) {
			t.Errorf("%s: %q\n%s", locale, result.Tags, html)
		}
	}
}

func TestAnUnknownCategoryIsNotFoundForAMoment(t *testing.T) {
	sitetest.Open(t)
	for _, name := range []string{"item", "Boring", "boring&lang=de", "", strings.Repeat("long", 100)} {
		result, err := sitetest.Load("/x", "en", named(name))
		if err != nil || !result.NotFound || result.Revalidate != 10 || !slices.Equal(result.Tags, []string{"items"}) {
			t.Errorf("%.20s: %+v, %v", name, result, err)
		}
	}
}

// An error, not notFound: the page that was there before has to stay.
func TestAShopThatFailsFailsThePage(t *testing.T) {
	sitetest.Serve(t, http.NotFoundHandler())
	if result, err := sitetest.Load("/boring", "en", named("boring")); err == nil {
		t.Errorf("%+v", result)
	}
}
