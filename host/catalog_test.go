package host_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/api/notify"
	"github.com/wisr-dev/wisr/examples/catalog/api/stock"
	"github.com/wisr-dev/wisr/host"
)

// The catalog with its shop, of which only the page of an item is built.
func TestASaveInTheCatalogsShopIsOnThePageAtTheNextReload(t *testing.T) {
	t.Setenv("SHOP_WEBHOOK_SECRET", "a secret")
	goods, err := stock.Open()
	if err != nil {
		t.Fatal(err)
	}
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
	goods.Edited = func(ctx context.Context, e stock.Edit) {
		if err := (notify.Site{URL: site + "/_wisr/hooks/stock", Secret: "a secret"}).Tell(ctx, e); err != nil {
			t.Error(err)
		}
	}

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
