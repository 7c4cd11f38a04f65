package registry

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

// tableOf makes a table of plugins that are not loaded: "name route" each.
func tableOf(t *testing.T, locales []string, defaultLocale string, plugins ...string) *Table {
	t.Helper()
	var versions []*Version
	for _, p := range plugins {
		name, pattern, _ := strings.Cut(p, " ")
		parsed, err := route.Parse(pattern)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, &Version{Plugin: name, Route: parsed})
	}
	return newTable(versions, nil, locales, defaultLocale)
}

func TestS132LookupSplitsLocaleAndPath(t *testing.T) {
	table := tableOf(t, []string{"en", "de", "de-CH"}, "en", "home /", "a /a", "rest /b/[[...rest]]")
	for _, tt := range []struct{ key, plugin, path, locale string }{
		{"/", "home", "/", "en"},
		{"/de", "home", "/", "de"},
		{"/de-CH", "home", "/", "de-CH"},
		{"/a", "a", "/a", "en"},
		{"/de/a", "a", "/a", "de"},
		{"/de-CH/a", "a", "/a", "de-CH"},
		{"/b/de", "rest", "/b/de", "en"}, // a locale is a first segment and no other
		{"/de/b/de", "rest", "/b/de", "de"},
		{"/b", "rest", "/b", "en"},
		{"/en/a", "", "/en/a", "en"}, // the default one has no prefix
		{"/DE/a", "", "/DE/a", "en"}, // case counts
		{"/dea", "", "/dea", "en"},
		{"/de/de/a", "", "/de/a", "de"},
		{"/de%2Fa", "", "/de%2Fa", "en"},
		{"", "", "", "en"}, // no key, and no panic
	} {
		match, ok := table.Lookup(tt.key)
		if ok != (tt.plugin != "") {
			t.Errorf("%q: found is %v", tt.key, ok)
		}
		if ok && (match.Version.Plugin != tt.plugin || match.Path != tt.path || match.Locale != tt.locale) {
			t.Errorf("%q: %s %q %q, want %s %q %q", tt.key, match.Version.Plugin, match.Path, match.Locale, tt.plugin, tt.path, tt.locale)
		}
		if path, locale := table.split(tt.key); path != tt.path || locale != tt.locale {
			t.Errorf("%q is split into %q %q, want %q %q", tt.key, path, locale, tt.path, tt.locale)
		}
		if got := table.Locale(tt.key); got != tt.locale {
			t.Errorf("%q is in %q, want %q", tt.key, got, tt.locale)
		}
	}
}

func TestASiteWithoutLocalesHasNoPrefixes(t *testing.T) {
	table := tableOf(t, nil, "", "any /[[...path]]")
	for _, key := range []string{"/", "/de", "/en/a"} {
		match, ok := table.Lookup(key)
		if !ok || match.Path != key || match.Locale != "" || table.Locale(key) != "" {
			t.Errorf("%s: %+v", key, match)
		}
		if rest, had := table.Unprefixed(key); had || rest != key {
			t.Errorf("%s without its prefix is %s", key, rest)
		}
		if got := table.Key(page.Path{Path: key}); got != key {
			t.Errorf("the key of %s is %s", key, got)
		}
	}
}

func TestS132UnprefixedTakesTheDefaultLocaleAway(t *testing.T) {
	table := tableOf(t, []string{"en", "de"}, "en")
	for key, want := range map[string]string{
		"/en": "/", "/en/a": "/a", "/en/en": "/en", "/en/de/a": "/de/a",
		"/": "", "/a": "", "/de": "", "/de/en": "", "/english": "", "/EN": "", "/en%2Fa": "", "": "",
	} {
		rest, had := table.Unprefixed(key)
		if want == "" && (had || rest != key) {
			t.Errorf("%q has a prefix: %q", key, rest)
		}
		if want != "" && (!had || rest != want) {
			t.Errorf("%q without its prefix is %q %v, want %q", key, rest, had, want)
		}
	}
}

// Key and Lookup are inverse to each other, whatever path and locales: of every
// path that getStaticPaths may list, and of every key that a visitor may ask for.
func TestKeyAndLookupAreInverse(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	all := []string{"en", "de", "de-CH", "fr", "enx", "zh-Hant"}
	segments := append([]string{"a", "b", "en%2Fa", "%C3%A9", "De", "e", "404", "_", "de-", "~"}, all...)
	for range 5_000 {
		n := random.IntN(len(all) + 1)
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		locales, byDefault := slices.Clone(all[:n]), ""
		if n > 0 {
			byDefault = pick(locales)
		}
		table := tableOf(t, locales, byDefault, "any /[[...path]]")
		path := ""
		for range random.IntN(4) {
			path += "/" + pick(segments)
		}
		if path == "" {
			path = "/"
		}

		// As a key, it is found and leads back to itself, unless it is a
		// spelling that redirects.
		match, ok := table.Lookup(path)
		if !ok || !slices.Contains(append(locales, ""), match.Locale) || (match.Locale == "") != (n == 0) {
			t.Fatalf("%v, default %q: %s is %+v", locales, byDefault, path, match)
		}
		if key := table.Key(page.Path{Path: match.Path, Locale: match.Locale}); key != path {
			t.Fatalf("%v, default %q: %s is %s in %q, whose key is %s", locales, byDefault, path, match.Path, match.Locale, key)
		}
		if rest, had := table.Unprefixed(path); had != (n > 0 && (path == "/"+byDefault || strings.HasPrefix(path, "/"+byDefault+"/"))) || !strings.HasSuffix(path, rest) && rest != "/" {
			t.Fatalf("default %q: %s without its prefix is %s, %v", byDefault, path, rest, had)
		}

		// As a path in a locale: one that begins with a locale is refused where it
		// is listed (DecodePaths) or loaded.
		first, _, _ := strings.Cut(path[1:], "/")
		if slices.Contains(locales, first) {
			continue
		}
		locale, want := "", byDefault
		if n > 0 && random.IntN(4) > 0 {
			locale = pick(locales)
			want = locale
		}
		key := table.Key(page.Path{Path: path, Locale: locale})
		match, ok = table.Lookup(key)
		if !ok || match.Path != path || match.Locale != want {
			t.Fatalf("%v, default %q: %s in %q has the key %s, which is %s in %q", locales, byDefault, path, locale, key, match.Path, match.Locale)
		}
	}
}

func TestInputIsWhatTheGuestIsToldOfThePath(t *testing.T) {
	table := tableOf(t, []string{"en", "de"}, "en", "post /blog/[slug]/[...tags]", "maybe /m/[[...x]]", "fixed /f")
	for _, tt := range []struct{ key, want string }{
		{"/blog/a%20b/%C3%A9/y%2Fz", `{"route":"/blog/[slug]/[...tags]","path":"/blog/a%20b/%C3%A9/y%2Fz","params":{"slug":"a b","tags":["é","y/z"]},"locale":"en","locales":["en","de"],"defaultLocale":"en","draftMode":false,"revalidateReason":"stale"}`},
		{"/de/m", `{"route":"/m/[[...x]]","path":"/m","params":{},"locale":"de","locales":["en","de"],"defaultLocale":"en","draftMode":false,"revalidateReason":"stale"}`},
		{"/de/f", `{"route":"/f","path":"/f","params":{},"locale":"de","locales":["en","de"],"defaultLocale":"en","draftMode":false,"revalidateReason":"stale"}`},
	} {
		match, ok := table.Lookup(tt.key)
		if !ok {
			t.Errorf("no plugin has %s", tt.key)
			continue
		}
		got := match.Input().Props(page.ReasonStale)
		if string(got) != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.key, got, tt.want)
		}
		if !json.Valid(got) {
			t.Error("it is not JSON")
		}
	}
}

// Known is asked with the locale that Lookup found, Has with the one of the
// list, which leaves the default one out.
func TestKnownIsWhatGetStaticPathsListed(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	s.relay("post", "/post/[slug]")
	s.upstream.On("post/paths", says(200, `{"fallback":false,"paths":[
		"/post/a", "/de/post/b", {"params":{"slug":"c"}}, {"params":{"slug":"d"},"locale":"de"}, {"params":{"slug":"e"},"locale":"en"}, "/en/post/f"]}`))
	s.plugin("fixed", "/fixed", "hello.wasm")
	r := s.open()
	for key, want := range map[string]bool{
		"/post/a": true, "/de/post/a": false,
		"/post/b": false, "/de/post/b": true,
		"/post/c": true, "/de/post/c": false,
		"/post/d": false, "/de/post/d": true,
		"/post/e": true, "/de/post/e": false,
		"/post/f": true,
		"/post/g": false,
		"/fixed":  true, "/de/fixed": true, // it has no parameters
	} {
		if got := find(t, r, key).Known(); got != want {
			t.Errorf("%s: known is %v", key, got)
		}
	}
	want := []string{"/post/a", "de /post/b", "/post/c", "de /post/d", "/post/e", "/post/f"}
	if got := listed(t, find(t, r, "/post/a").Version); !slices.Equal(got, want) {
		t.Errorf("a build makes %q, want %q", got, want)
	}
	if got := listed(t, find(t, r, "/fixed").Version); !slices.Equal(got, []string{"/fixed"}) { // S132: in the default locale only
		t.Errorf("a build makes %q", got)
	}
}

func TestMentionsWhateverMayHaveTheName(t *testing.T) {
	s := newSite(t)
	s.plugin("good", "/good", "hello.wasm")
	s.plugin("loser", "/good", "hello.wasm")
	s.plugin("broken", "/broken", "norender.wasm")
	mentions := func(want bool, names ...string) {
		t.Helper()
		r := s.open()
		for _, name := range names {
			if got := r.Table().Mentions(name); got != want {
				t.Errorf("%s is mentioned: %v", name, got)
			}
		}
	}
	mentions(true, "good", "loser", "broken")
	mentions(false, "other", "")
	s.folder("some", "", "name = ")
	mentions(true, "good", "loser", "broken", "other")
}
