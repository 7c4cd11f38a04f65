//go:build browser

package host_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wisr-dev/wisr/examples/shop/api/goods"
	"github.com/wisr-dev/wisr/host"
)

// newTeaShop builds and serves the shop, with an API of its own. The module of its
// search is the one that comes with it: to build that takes Rust.
func newTeaShop(t *testing.T) (url string) {
	t.Helper()
	packages, err := filepath.Abs("../examples/shop/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(packages); err != nil {
		t.Skip("the shop's packages are not there: run npm install in examples/shop")
	}
	api, err := goods.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)

	dir := checkoutExample(t, "shop")
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"list", "tea", "feed", "search"} {
		editFile(t, filepath.Join(dir, "plugins", name, "plugin.toml"), "http://127.0.0.1:4100", server.URL)
	}
	search := filepath.Join(dir, "plugins", "search")
	editFile(t, filepath.Join(search, "plugin.toml"), "sh build.sh", "true")
	module, err := os.ReadFile("../examples/shop/plugins/search/search.wasm")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(search, "search.wasm"), module, 0o600); err != nil {
		t.Fatal(err)
	}
	buildExample(t, dir)
	return serveExample(t, dir, host.Start)
}

func TestTheShopInABrowser(t *testing.T) {
	url := newTeaShop(t)
	browser := newBrowser(t)
	pages := map[string]string{"list": "/", "tea": "/tea/nine-bends", "soldout": "/tea/bergamot-street", "404": "/tea/coffee"}

	for name, path := range pages {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("nothing is wrong with %s, %d wide", path, width), func(t *testing.T) {
				tab := newTab(t, browser)
				tab.before(noteShifts)
				inTab(tab, chromedp.EmulateViewport(width, 844))
				tab.open(url + path)
				tab.until("document.readyState === 'complete' && shifts.seen")
				if found := inTab(tab, chromedp.Evaluate[string](faults)); found != "" {
					t.Error(found)
				}
				if complaints := tab.complaints(); len(complaints) > 0 && name != "404" { // a browser complains of the status
					t.Errorf("the console says %q", complaints)
				}
			})
		}
	}

	t.Run("the search finds what Rust has put into its index", func(t *testing.T) {
		tab := newTab(t, browser)
		tab.open(url + "/")
		tab.until("document.querySelector('.search').hidden === false")
		for typed, want := range map[string]string{"Pine SMOKE": "Nine Bends", "kyo": "Tin Roof", "coffee": ""} {
			inTab(tab, chromedp.Evaluate[chromedp.Void]("q.value = "+quoteJS(typed)+"; q.dispatchEvent(new Event('input'))"))
			if want == "" {
				tab.until("found.textContent.startsWith('No tea')")
			} else {
				tab.until("[...found.querySelectorAll('a')].map(a => a.textContent).join() === " + quoteJS(want))
			}
		}
		inTab(tab, chromedp.Evaluate[chromedp.Void]("q.value = 'camp fire'; q.dispatchEvent(new Event('input'))"))
		tab.until("found.querySelector('a')?.textContent === 'Nine Bends'")
		inTab(tab, chromedp.Evaluate[chromedp.Void]("found.querySelector('a').click()"))
		tab.until("location.pathname === '/tea/nine-bends' && " + h1Is("Nine Bends"))
	})

	t.Run("the feed is one", func(t *testing.T) {
		response, err := http.Get(url + "/feed.xml")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.Contains(kind, "xml") {
			t.Error(response.Status, kind)
		}
	})

	if dir := screenshotFolder(t); dir != "" {
		for name, path := range pages {
			newTab(t, browser).shoot(dir, "shop-"+name, url+path)
		}
	}
}
