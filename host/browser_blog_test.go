//go:build browser

package host_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/wisr-dev/wisr/host"
)

func quoteJS(s string) string { return strconv.Quote(s) }

const overlayElement = "document.querySelector('[role=alert]')"

// listensWhenTold makes a page say in window.listens that it is connected to the
// stream of events, on which it is told of problems first. What changes before
// that is not told to it.
const listensWhenTold = `window.EventSource = class extends EventSource {
	constructor(url) {
		super(url);
		this.addEventListener("problems", () => { window.listens = true; });
	}
}`

// One page stays open through all of it; nobody presses reload.
func TestS151InABrowserTheBlogReloadsAndShowsWhatIsBroken(t *testing.T) {
	dir := checkoutExample(t, "blog")
	url := serveExample(t, dir, host.Dev)
	tab := newTab(t, newBrowser(t))
	tab.before(listensWhenTold)
	becomes := func(title string) { tab.until("window.listens && !" + overlayElement + " && " + h1Is(title)) }
	content := filepath.Join(dir, "content", "stale-is-a-feature.md")
	source := filepath.Join(dir, "plugins", "post", "main.go")
	template := filepath.Join(dir, "plugins", "post", "post.html")

	tab.open(url + "/blog/stale-is-a-feature")
	becomes("Stale is a feature")

	editFile(t, content, "title: Stale is a feature", "title: Stale is a virtue")
	becomes("Stale is a virtue")

	editFile(t, source, "func main() {}", "func main() { typo }")
	tab.until(overlayElement + "?.textContent.includes('undefined: typo') && " + h1Is("Stale is a virtue")) // below it
	if dir := screenshotFolder(t); dir != "" {
		tab.picture(dir, "blog-dev-overlay.png")
	}

	editFile(t, source, "func main() { typo }", "func main() {}")
	becomes("Stale is a virtue")

	editFile(t, template, "<h1>{{.Post.Title}}</h1>", "<h1>{{.Post.Title}}!</h1>")
	becomes("Stale is a virtue!")

	if complaints := tab.complaints(); len(complaints) > 0 {
		t.Errorf("the console says %q", complaints)
	}
}

func TestTheBlogInABrowser(t *testing.T) {
	pictures := screenshotFolder(t)
	if pictures == "" {
		t.Skip("WISR_SCREENSHOTS names no folder for the pictures")
	}
	dir := checkoutExample(t, "blog")
	buildExample(t, dir)
	url := serveExample(t, dir, host.Start)
	tab := newTab(t, newBrowser(t))
	tab.shoot(pictures, "blog-home", url+"/")
	tab.shoot(pictures, "blog-post", url+"/blog/stale-is-a-feature")
	tab.shoot(pictures, "blog-tags", url+"/tags/caching")
	tab.shoot(pictures, "blog-404", url+"/no-such-page")
}
