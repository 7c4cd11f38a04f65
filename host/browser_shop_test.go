//go:build browser

package host_test

import (
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

// faults are what a look at a page finds wrong: what has no description, what moved
// while it was loaded, and text that is hard to read.
const faults = `(async () => {
	const found = [];
	if (!document.title) found.push("no title");
	if (document.documentElement.lang !== "en") found.push("no language");
	if (!document.querySelector("meta[name=viewport]")?.content.includes("width=device-width")) found.push("no viewport");
	if (!document.querySelector("meta[name=description]")?.content) found.push("no description");
	if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
	for (const i of document.images)
		if (!i.alt || !i.width || !i.height) found.push("picture " + i.src);
	for (const link of document.links)
		if (!link.textContent.trim()) found.push("no text: " + link.href);
	for (const field of document.querySelectorAll("input"))
		if (!field.labels.length) found.push("no label: " + field.name);
	const shifts = await new Promise(done => {
		new PerformanceObserver(list => done(list.getEntries())).observe({ type: "layout-shift", buffered: true });
		requestAnimationFrame(() => requestAnimationFrame(() => done([])));
	});
	if (shifts.length) found.push("the page moved " + shifts.reduce((sum, s) => sum + s.value, 0));

	const rgb = text => text.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c[3] !== 0) return c;
		}
		return [255, 255, 255];
	};
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = texts.nextNode();) {
		if (!n.data.trim()) continue;
		const [a, b] = [light(rgb(getComputedStyle(n.parentElement).color)), light(behind(n.parentElement))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5) found.push("contrast of " + n.data);
	}
	return found.join("; ");
})().then(text => window.faults = text), 0`

func TestTheShopInABrowser(t *testing.T) {
	url := newTeaShop(t)
	browser := newBrowser(t)
	pages := map[string]string{"list": "/", "tea": "/tea/nine-bends", "soldout": "/tea/bergamot-street", "404": "/tea/coffee"}

	for name, path := range pages {
		t.Run("nothing is wrong with "+path, func(t *testing.T) {
			tab := newTab(t, browser)
			tab.open(url + path)
			tab.until("document.readyState === 'complete'")
			inTab(tab, chromedp.Evaluate[chromedp.Void](faults))
			tab.until("window.faults !== undefined")
			if found := inTab(tab, chromedp.Evaluate[string]("window.faults")); found != "" {
				t.Error(found)
			}
			if complaints := tab.complaints(); len(complaints) > 0 && name != "404" { // a browser complains of the status
				t.Errorf("the console says %q", complaints)
			}
		})
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
