package page_test

import (
	"encoding/json"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

func input(t testing.TB) page.Input {
	t.Helper()
	params, ok := pattern(t, "/blog/[slug]").Match("/blog/a%26%3Cb%3E")
	if !ok {
		t.Fatal("no match")
	}
	return page.Input{Route: "/blog/[slug]", Path: "/blog/a%26%3Cb%3E", Params: params,
		Locale: "de", Locales: []string{"en", "de"}, DefaultLocale: "en", DraftMode: true}
}

func TestInputsAreWhatTheContractSays(t *testing.T) {
	const common = `{"route":"/blog/[slug]","path":"/blog/a%26%3Cb%3E","params":{"slug":"a&<b>"},"locale":"de","locales":["en","de"],"defaultLocale":"en","draftMode":true`
	in := input(t)

	expect(t, in.Props(page.ReasonOnDemand), common+`,"revalidateReason":"on-demand"}`)
	expect(t, in.Render(json.RawMessage(`{}`), false), common+`,"isFallback":false,"props":{}}`)
	expect(t, in.Render(nil, true), common+`,"isFallback":true,"props":{}}`)

	expect(t, page.PathsInput{Route: "/[x]", Locales: []string{"en"}, DefaultLocale: "en", Cursor: "<2>"}.JSON(), `{"route":"/[x]","locales":["en"],"defaultLocale":"en","cursor":"<2>"}`)
}

func TestLocalesAreNeverNull(t *testing.T) {
	expect(t, page.PathsInput{Route: "/[x]"}.JSON(), `{"route":"/[x]","locales":[],"defaultLocale":"","cursor":""}`)
	expect(t, page.Input{Route: "/", Path: "/"}.Props(page.ReasonBuild), `{"route":"/","path":"/","params":{},"locale":"","locales":[],"defaultLocale":"","draftMode":false,"revalidateReason":"build"}`)
}

func TestRenderGetsPropsByteForByte(t *testing.T) { // S82
	props := json.RawMessage("{ \"a\" :\n\"<&\\u00e9\u2028>\", \"n\":1.0e2,\"a\":[ ]}")
	expect(t, page.Input{Route: "/", Path: "/"}.Render(props, false), `{"route":"/","path":"/","params":{},"locale":"","locales":[],"defaultLocale":"","draftMode":false,"isFallback":false,"props":`+string(props)+`}`)
}

func expect(t *testing.T, got []byte, want string) {
	t.Helper()
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid(got) {
		t.Errorf("not JSON: %s", got)
	}
}
