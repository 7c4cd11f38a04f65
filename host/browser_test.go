//go:build browser

// The example sites in a real browser, for what no HTTP client can see: that a
// shell turns into the page under a strict policy, that pages reload by
// themselves while they are written, and what the sites look like.
//
//	go test -tags browser -run Browser ./host
//	WISR_SCREENSHOTS=/tmp/shots go test -tags browser -run Browser ./host
//
// It needs Chromium or Chrome.

package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browserPatience is how long a page may take to become what a test waits for. In
// development that includes compiling a module, on a machine that does other things too.
const browserPatience = 2 * time.Minute

// newBrowser starts a browser; the test's end closes it.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // it visits nothing but the example sites
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close the browser: %v", err)
		}
	})
	return ctx
}

// browserTab is a page in a browser.
type browserTab struct {
	t        *testing.T
	ctx      context.Context
	messages chan chromedp.ConsoleMessage // what the console says, in order
}

// newTab opens an empty one, which is closed when the test ends.
func newTab(t *testing.T, browser context.Context) *browserTab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	b := &browserTab{t: t, ctx: ctx, messages: make(chan chromedp.ConsoleMessage, 100)}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	console := chromedp.Console(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for m, err := range console {
			if err != nil {
				return
			}
			select {
			case b.messages <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return b
}

// inTab runs an action in the tab.
func inTab[T any](b *browserTab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

func (b *browserTab) open(url string) {
	b.t.Helper()
	inTab(b, chromedp.Navigate(url))
}

// before has a script run before those of every page that is opened from now on.
func (b *browserTab) before(script string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browserTab) reload() {
	b.t.Helper()
	inTab(b, chromedp.Reload())
}

// until waits for a condition in JavaScript. It asks again where the page went
// away while it was asked, so that the condition may be one of the next page.
func (b *browserTab) until(condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		if err == nil && is {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			b.t.Errorf("still not: %s (%v)", condition, err)
			b.t.Fatalf("the page:\n%s\nthe console: %q", inTab(b, chromedp.Evaluate[string]("location.href + '\\n' + document.documentElement.innerText")), b.complaints())
		}
	}
}

// complaints are the warnings and errors in the console since it was asked last.
func (b *browserTab) complaints() []string {
	b.t.Helper()
	const end = "everything before this line has been said"
	inTab(b, chromedp.Evaluate[chromedp.Void]("console.debug('"+end+"')"))
	var said []string
	for {
		select {
		case m := <-b.messages:
			switch {
			case m.Text == end:
				return said
			case m.Type == chromedp.ConsoleWarning || m.Type == chromedp.ConsoleError || m.IsException():
				said = append(said, m.String())
			}
		case <-b.ctx.Done():
			b.t.Fatalf("the tab is gone: %v", b.ctx.Err())
		}
	}
}
