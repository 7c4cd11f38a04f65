//go:build browser

package host_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wisr-dev/wisr/host"
)

const goodPage = `export const before = 1;

export default function Page() {
  return <html lang="en"><head><title>page</title><style>{"pre { background: white }"}</style></head><body><h1>good</h1></body></html>;
}
`

// badPages are what is wrong with a page, and what the browser that shows it says of it.
var badPages = []struct{ name, source, says string }{
	{"syntax", "export default function Page() {\n  return <h1>{1 + }</h1>;\n}\n", `page.tsx:2:19: Unexpected "}"`},
	{"package", "import confetti from \"canvas-confetti\";\nexport default () => <p>{confetti}</p>;\n", `page.tsx:1:22: the package "canvas-confetti" is not installed`},
	{"props", goodPage + "export const getStaticProps = () => ({ props: { n: 10n } });\n", "props.n is a bigint: use a string (page.tsx:6:"},
	{"component", "const page = { title: \"x\" };\n\nexport default page;\n", `{ title: "x" }, no component: export default a function that returns JSX, or export a function named render (page.tsx:3:1)`},
	{"promise", goodPage + "export const getStaticProps = () => new Promise(() => {});\n", "getStaticProps returned a promise that is never resolved: nothing is left to wait for, neither a request nor a timer (page.tsx:6:"},
}

// What is wrong with a page in TypeScript is in the browser, with file and line, as
// soon as it is saved; what does not build, above the page as it was.
func TestABadPageInABrowser(t *testing.T) {
	packages, err := filepath.Abs("../sdk/js/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(packages); err != nil {
		t.Skip("the packages of sdk/js are not there: run npm ci there")
	}
	dir := t.TempDir()
	plugin := filepath.Join(dir, "plugins", "page")
	source := filepath.Join(plugin, "page.tsx")
	if err := os.MkdirAll(plugin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(dir, "wisr.toml"):      "",
		filepath.Join(plugin, "plugin.toml"): "name = \"page\"\nroute = \"/\"\nmodule = \"page.tsx\"\n",
		source:                               goodPage,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	url := serveExample(t, dir, host.Dev)
	tab := newTab(t, newBrowser(t))
	tab.before(listensWhenTold)
	isGood := "window.listens && !" + overlayElement + " && " + h1Is("good")
	tab.open(url + "/")
	tab.until(isGood)
	for _, bad := range badPages {
		editFile(t, source, goodPage, bad.source)
		tab.until("window.listens && document.documentElement.innerText.includes(" + quoteJS(bad.says) + ")")
		if above := inTab(tab, chromedp.Evaluate[bool](overlayElement+" !== null && "+h1Is("good"))); above != (bad.name == "syntax" || bad.name == "package") {
			t.Errorf("%s: above the page as it was: %v", bad.name, above)
		} else if above {
			behind := inTab(tab, chromedp.Evaluate[string]("getComputedStyle("+overlayElement+".querySelector('pre')).backgroundColor"))
			if behind != "rgba(0, 0, 0, 0)" {
				t.Errorf("%s: the page's own style is behind what is told above it: %s", bad.name, behind)
			}
		}
		if pictures := screenshotFolder(t); pictures != "" {
			tab.picture(pictures, "page-"+bad.name+".png")
		}
		editFile(t, source, bad.source, goodPage)
		tab.until(isGood)
	}
}
