package host_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/examples/catalog/api/notify"
	"github.com/wisr-dev/wisr/examples/catalog/api/stock"
	"github.com/wisr-dev/wisr/host"
)

// The catalog with its shop, of which only the page of an item is built.
func TestASaveInTheCatalogsShopIsOnThePageAtTheNextReload(t *testing.T) {
	goods, tell := newShop(t)
	shop := httptest.NewServer(goods)
	t.Cleanup(shop.Close)
	dir := checkoutExample(t, "catalog")
	for _, name := range []string{"list", "category", "notfound", "trade"} {
		if err := os.RemoveAll(filepath.Join(dir, "plugins", name)); err != nil {
			t.Fatal(err)
		}
	}
	editFile(t, filepath.Join(dir, "plugins", "item", "plugin.toml"), "http://127.0.0.1:4000", shop.URL)
	buildExample(t, dir)
	site := serveExample(t, dir, host.Start)
	tell(site)

	shows := func(path, price string) {
		t.Helper()
		status, body := request(t, "GET", site+path, "")
		if status != http.StatusOK || !strings.Contains(body, price) {
			t.Errorf("%s: %d, without %s", path, status, price)
		}
	}
	shows("/item/claw-hammer", "€34.50")
	shows("/de/item/claw-hammer", "34,50")
	for _, price := range []string{"39.90", "41.70"} {
		cents := strings.ReplaceAll(price, ".", "")
		if status, body := request(t, "PUT", shop.URL+"/items/claw-hammer", `{"price":`+cents+`}`); status != http.StatusOK {
			t.Fatal(status, body)
		}
		shows("/item/claw-hammer", "€"+price)
		shows("/de/item/claw-hammer", strings.ReplaceAll(price, ".", ","))
	}
}

// The catalog's trade list: two dozen requests at once with a key that the page
// does not have, and nothing rendered while the shop says the same.
func TestTheCatalogsTradeListIsRenderedWhenAPriceChanges(t *testing.T) {
	goods, tell := newShop(t)
	const atOnce = 20
	var waiting atomic.Int32
	all := make(chan struct{})
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/trade") { // the first are kept until so many have come
			if waiting.Add(1) == atOnce {
				close(all)
			}
			select {
			case <-all:
			case <-r.Context().Done():
			}
		}
		goods.ServeHTTP(w, r)
	}))
	t.Cleanup(shop.Close)
	dir := checkoutExample(t, "catalog")
	for _, name := range []string{"list", "category", "notfound", "item"} {
		if err := os.RemoveAll(filepath.Join(dir, "plugins", name)); err != nil {
			t.Fatal(err)
		}
	}
	editFile(t, filepath.Join(dir, "plugins", "trade", "plugin.toml"), "http://127.0.0.1:4000", shop.URL)
	editFile(t, filepath.Join(dir, "site", "catalog.go"), "Fresh = 10 ", "Fresh = 1 ") // the clock is the real one
	buildExample(t, dir)
	if n := waiting.Load(); n < atOnce {
		t.Errorf("%d requests at once", n)
	}
	site := serveExample(t, dir, host.Start)
	tell(site)
	becomes := func(price, detail string) {
		t.Helper()
		var body, status string
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			response, err := http.Get(site + "/trade")
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			body, status = string(text), response.Header.Get("Cache-Status")
			if strings.Contains(body, price) && strings.HasSuffix(status, detail) {
				break
			}
		}
		if !strings.Contains(body, price) || !strings.HasSuffix(status, detail) || strings.Contains(body, shopKey) {
			t.Fatalf("Cache-Status: %s, want %s; and %s, but not the key, in\n%s", status, detail, price, body)
		}
	}
	becomes("€27.60", "detail=unchanged")
	if status, body := request(t, "PUT", shop.URL+"/items/claw-hammer", `{"price":4000}`); status != http.StatusOK {
		t.Fatal(status, body)
	}
	becomes("€32.00", "")
	becomes("€32.00", "detail=unchanged")
}

// shopKey is what the shop asks for trade prices.
const shopKey = "a key to the shop's books"

// newShop opens the catalog's shop, and gives the environment the secrets that it
// shares with the site. From tell on it tells a site of edits.
func newShop(t *testing.T) (goods *stock.Shop, tell func(site string)) {
	t.Helper()
	const secret = "a secret of the shop"
	t.Setenv("SHOP_WEBHOOK_SECRET", secret)
	t.Setenv("SHOP_KEY", shopKey)
	goods, err := stock.Open()
	if err != nil {
		t.Fatal(err)
	}
	goods.Key = shopKey
	var told atomic.Pointer[notify.Site]
	goods.Edited = func(ctx context.Context, e stock.Edit) {
		if site := told.Load(); site == nil {
			t.Error("an edit before there is a site")
		} else if err := site.Tell(ctx, e); err != nil {
			t.Error(err)
		}
	}
	return goods, func(site string) { told.Store(&notify.Site{URL: site + "/_wisr/hooks/stock", Secret: secret}) }
}

func request(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
