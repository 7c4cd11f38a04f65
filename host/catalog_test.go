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
	for _, name := range []string{"list", "category", "notfound"} {
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

// newShop opens the catalog's shop, and gives the environment the secret that it
// shares with the site. From tell on it tells a site of edits.
func newShop(t *testing.T) (goods *stock.Shop, tell func(site string)) {
	t.Helper()
	const secret = "a secret of the shop"
	t.Setenv("SHOP_WEBHOOK_SECRET", secret)
	goods, err := stock.Open()
	if err != nil {
		t.Fatal(err)
	}
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
