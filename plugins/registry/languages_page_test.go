package registry

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// What the page of testdata/languages has to be, and its two upstreams.

// escapes are the ways to write text in HTML: that of most, and those of the
// libraries that have one of their own.
var escapes = map[string]*strings.Replacer{
	"":           strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;"),
	"tsx-preact": strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;"),
	"tsx-react":  strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;"),
}

// languageNames are what pages are made for. Each is a single segment of a path.
var languageNames = []string{
	"plain",
	"é ☃ 😀",
	`</script><b>"q" 'a' & b\n`,
	"a/b?c=d#e%20f+g",
	"a\ttab",
	strings.Repeat("0123456789é☃😀", 50),
}

const languageGreeting = "Grüße ☃ 😀 </title> & more"

// languageTitle is what the first upstream answers.
func languageTitle(name string) string { return "Title of " + name + ` </title> & "é"` }

// languageLines are in the answer of the second.
func languageLines(name string) []string {
	return []string{"1 " + name, "", "2 <i>é ☃ 😀</i>\n\t\"\\\" </script> &amp; /'", "\u0001\u007f\u2028"}
}

func answerTitle(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/page/")
	if !ok || r.Method != http.MethodGet {
		http.Error(w, r.Method+" "+r.URL.String(), http.StatusBadRequest)
		return
	}
	io.WriteString(w, languageTitle(name))
}

func answerLines(w http.ResponseWriter, r *http.Request) {
	name, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/lines" || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		http.Error(w, fmt.Sprint(r.Method, r.URL, r.Header, err), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// Strings are always JSON.
	data, _ := json.Marshal(map[string]any{"number": -1.5e3, "more": []any{nil, true, false, map[string]any{}}, "lines": languageLines(string(name))})
	w.Write(ascii(data))
}

// ascii escapes all of a JSON document that is not ASCII.
func ascii(document []byte) []byte {
	var b strings.Builder
	for _, r := range string(document) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return []byte(b.String())
}

// html is the page as it has to be.
func (l language) html(name string) string {
	// json.Marshal escapes <, > and & for the inside of a script.
	quoted, _ := json.Marshal(name)
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>%s</title></head><body><h1 title="%s">%s, %s</h1><ol>`,
		l.escape.Replace(languageTitle(name)), l.escape.Replace(name), l.escape.Replace(languageGreeting), l.escape.Replace(name))
	for _, line := range languageLines(name) {
		fmt.Fprintf(&b, "<li>%s</li>", l.escape.Replace(line))
	}
	fmt.Fprintf(&b, `</ol><script type="application/json">{"name":%s}</script></body></html>`, quoted)
	return b.String()
}
