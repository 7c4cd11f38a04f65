package markdown

import (
	"strings"
	"testing"
)

func TestHTML(t *testing.T) {
	for _, test := range []struct{ name, markdown, want string }{
		{"text is not touched", "é ☃ 😀", "<p>é ☃ 😀</p>"},
		{"what is code is escaped", "`<b>`", "<code>&lt;b&gt;</code>"},
		{"quotes are set", `a "b" c`, "&ldquo;b&rdquo;"},
		{"headings can be linked to", "## Two words", `<h2 id="two-words">`},
		{"tables scroll", "|a|\n|-|\n|b|\n", "<div class=\"scroll\">\n<table>"},
		{"tables align by class", "|a|\n|-:|\n|b|\n", `<td class="right">b</td>`},
	} {
		got, err := HTML(test.markdown)
		if err != nil || !strings.Contains(string(got), test.want) {
			t.Errorf("%s: got %s, %v", test.name, got, err)
		}
	}
}

// The Content-Security-Policy would refuse these, and a post must not try.
func TestHTMLHasNoScriptAndNoStyle(t *testing.T) {
	got, err := HTML("<script>x</script>\n\n<p style='a'>b <img onerror=x>\n\n[a](javascript:x)\n\n|a|\n|:-:|\n|b|\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "style=", "onerror", "javascript:"} {
		if strings.Contains(string(got), bad) {
			t.Errorf("%s in %s", bad, got)
		}
	}
}
