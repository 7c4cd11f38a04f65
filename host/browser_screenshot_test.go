//go:build browser

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// screenshotFolder returns the folder for pictures, "" if the environment names
// none: they are for people to look at.
func screenshotFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("WISR_SCREENSHOTS")
	if dir == "" {
		return ""
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// picture writes one of the page as it is.
func (b *browserTab) picture(dir, file string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), inTab(b, chromedp.FullScreenshot(100)), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// shoot writes pictures of a page on a phone and on a desk, light and dark:
// dir/name-390-light.png and so on. It fails where a page is wider than its window.
func (b *browserTab) shoot(dir, name, url string) {
	b.t.Helper()
	for _, size := range []struct{ width, height int64 }{{390, 844}, {1280, 900}} {
		for _, scheme := range []string{"light", "dark"} {
			inTab(b, chromedp.EmulateViewport(size.width, size.height))
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			}); err != nil {
				b.t.Fatal(err)
			}
			b.open(url)
			file := fmt.Sprintf("%s-%d-%s.png", name, size.width, scheme)
			if width := inTab(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); width > size.width {
				b.t.Errorf("%s: the page is %d wide", file, width)
			}
			// Pictures further down are loaded when they come into view.
			inTab(b, chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('img').forEach(i => i.loading = 'eager')"))
			b.until("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
			b.picture(dir, file)
		}
	}
}
