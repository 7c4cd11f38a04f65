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

	got, err := in.Props(page.ReasonOnDemand)
	expect(t, got, err, common+`,"revalidateReason":"on-demand"}`)
	got, err = in.Render(json.RawMessage(`{}`), false)
	expect(t, got, err, common+`,"isFallback":false,"props":{}}`)
	got, err = in.Render(nil, true)
	expect(t, got, err, common+`,"isFallback":true,"props":{}}`)

	got, err = page.PathsInput{Route: "/[x]", Locales: []string{"en"}, DefaultLocale: "en", Cursor: "<2>"}.JSON()
	expect(t, got, err, `{"route":"/[x]","locales":["en"],"defaultLocale":"en","cursor":"<2>"}`)
}

func TestLocalesAreNeverNull(t *testing.T) {
	got, err := page.PathsInput{Route: "/[x]"}.JSON()
	expect(t, got, err, `{"route":"/[x]","locales":[],"defaultLocale":"","cursor":""}`)
	got, err = page.Input{Route: "/", Path: "/"}.Props(page.ReasonBuild)
	expect(t, got, err, `{"route":"/","path":"/","params":{},"locale":"","locales":[],"defaultLocale":"","draftMode":false,"revalidateReason":"build"}`)
}

func TestRenderGetsPropsByteForByte(t *testing.T) { // S82
	props := json.RawMessage("{ \"a\" :\n\"<&\\u00e9\u2028>\", \"n\":1.0e2,\"a\":[ ]}")
	got, err := page.Input{Route: "/", Path: "/"}.Render(props, false)
	expect(t, got, err, `{"route":"/","path":"/","params":{},"locale":"","locales":[],"defaultLocale":"","draftMode":false,"isFallback":false,"props":`+string(props)+`}`)
}

func expect(t *testing.T, got []byte, err error, want string) {
	t.Helper()
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if !json.Valid(got) {
		t.Errorf("not JSON: %s", got)
	}
}
