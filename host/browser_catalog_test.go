//go:build browser

package host_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wisr-dev/wisr/host"
)

// turnstile holds requests back while it is shut.
type turnstile struct {
	next http.Handler

	mu   sync.Mutex
	shut chan struct{} // nil: open; guarded by mu
}

func (g *turnstile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		select {
		case <-shut:
		case <-r.Context().Done():
			return
		}
	}
	g.next.ServeHTTP(w, r)
}

func (g *turnstile) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *turnstile) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// newCatalog builds and serves the catalog, with a shop of its own behind a turnstile.
func newCatalog(t *testing.T) (url string, shop *turnstile) {
	t.Helper()
	goods, tell := newShop(t)
	shop = &turnstile{next: goods}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)

	dir := checkoutExample(t, "catalog")
	for _, name := range []string{"list", "category", "item", "trade"} {
		manifest := filepath.Join(dir, "plugins", name, "plugin.toml")
		editFile(t, manifest, "http://127.0.0.1:4000", server.URL)
		// The turnstile may be shut for longer than a visitor would be kept waiting.
		editFile(t, manifest, "[fetch]\n", "[limits]\ntimeout = \"5m\"\n[fetch]\ntimeout = \"5m\"\n")
	}
	buildExample(t, dir)
	t.Cleanup(shop.open) // or a failed test would wait for what waits for it
	url = serveExample(t, dir, host.Start)
	tell(url)
	return url, shop
}

const shellIsShown = "document.querySelector('[aria-busy=true]') !== null"

func h1Is(text string) string {
	return "document.readyState === 'complete' && document.querySelector('h1').textContent === " + quoteJS(text)
}

func TestTheCatalogInABrowser(t *testing.T) {
	url, shop := newCatalog(t)
	browser := newBrowser(t)

	for _, test := range []struct{ name, path, waiting, want string }{
		{"S61 the shell turns into the page", "/item/dividers", "Fetching it from the back", "Dividers"},
		{"S61 in another language", "/de/item/dividers", "Wird aus dem Lager geholt", "Stechzirkel"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tab := newTab(t, browser)
			shop.close()
			tab.open(url + test.path)
			tab.until(shellIsShown + " && " + h1Is(test.waiting))
			shop.open()
			tab.until("!(" + shellIsShown + ") && " + h1Is(test.want))
			tab.open(url + test.path)
			if inTab(tab, chromedp.Evaluate[bool](shellIsShown)) {
				t.Error("the shell is shown although the page is made")
			}
			if complaints := tab.complaints(); len(complaints) > 0 {
				t.Errorf("the console says %q", complaints)
			}
		})
	}

	t.Run("S61 the shell leads to where a redirect leads", func(t *testing.T) {
		tab := newTab(t, browser)
		tab.open(url + "/de/item/pin-gauge")
		tab.until("location.pathname === '/shop/de/item/marking-gauge' && " + h1Is("Streichmaß"))
		if complaints := tab.complaints(); len(complaints) > 0 {
			t.Errorf("the console says %q", complaints)
		}
	})

	t.Run("S61 the shell gives way to the 404 page", func(t *testing.T) {
		tab := newTab(t, browser)
		tab.open(url + "/item/no-such-tool")
		tab.until(h1Is("This hook is empty"))
		tab.open(url + "/de/item/no-such-tool")
		tab.until(h1Is("Dieser Haken ist leer"))
	})

	t.Run("an editor's save is on the page at the next reload", func(t *testing.T) {
		tab := newTab(t, browser)
		tab.open(url + "/item/gimlet")
		tab.until(h1Is("Gimlet"))
		for _, price := range []string{"12.34", "56.78"} {
			w := httptest.NewRecorder()
			body := strings.NewReader(`{"price":` + strings.ReplaceAll(price, ".", "") + `}`)
			shop.ServeHTTP(w, httptest.NewRequest("PUT", "/items/gimlet", body))
			if w.Code != http.StatusOK {
				t.Fatal(w.Code, w.Body)
			}
			tab.reload()
			if shown := inTab(tab, chromedp.Evaluate[string]("document.querySelector('.buy .tag').textContent")); shown != "€"+price {
				t.Errorf("the page shows %s, the editor saved €%s", shown, price)
			}
		}
	})

	t.Run("screenshots", func(t *testing.T) {
		dir := screenshotFolder(t)
		if dir == "" {
			t.Skip("WISR_SCREENSHOTS names no folder for the pictures")
		}
		tab := newTab(t, browser)
		tab.shoot(dir, "catalog-list", url)
		tab.shoot(dir, "catalog-list-de", url+"/de")
		tab.shoot(dir, "catalog-category", url+"/cutting")
		tab.shoot(dir, "catalog-item", url+"/item/tenon-saw")
		tab.shoot(dir, "catalog-item-de", url+"/de/item/adjustable-spanner")
		tab.shoot(dir, "catalog-trade", url+"/trade")
		tab.shoot(dir, "catalog-404", url+"/item/no-such-tool")
		shop.close()
		defer shop.open()
		tab.shoot(dir, "catalog-shell", url+"/item/hatchet")
	})
}
