package page

import (
	"encoding/json"
	"strconv"

	"github.com/wisr-dev/wisr/plugins/quote"
	"github.com/wisr-dev/wisr/plugins/route"
)

// The exports of a page module. Only render is required.
const (
	ExportPaths  = "getStaticPaths"
	ExportProps  = "getStaticProps"
	ExportRender = "render"
)

// PathsInput is what getStaticPaths is called with.
type PathsInput struct {
	Route         string
	Locales       []string // none: guests read [], never null
	DefaultLocale string
	Cursor        string // "" in the first call, then the last result's (S72)
}

// JSON returns what the guest reads.
func (in PathsInput) JSON() []byte {
	b := quote.Append([]byte(`{"route":`), in.Route)
	b = quote.List(append(b, `,"locales":`...), in.Locales)
	b = quote.Append(append(b, `,"defaultLocale":`...), in.DefaultLocale)
	b = quote.Append(append(b, `,"cursor":`...), in.Cursor)
	return append(b, '}')
}

// Reason is why a page is generated, as getStaticProps is told.
type Reason string

const (
	ReasonBuild    Reason = "build"     // ahead of any visitor
	ReasonStale    Reason = "stale"     // for a visitor: the page is missing or too old
	ReasonOnDemand Reason = "on-demand" // somebody asked for its revalidation
)

// Input is what getStaticProps and render are called with.
type Input struct {
	Route         string       // the pattern: "/blog/[slug]"
	Path          string       // canonical, without base path and locale: "/blog/a"
	Params        route.Params // of Path, by Route
	Locale        string       // "" where the site has no locales
	Locales       []string
	DefaultLocale string
	DraftMode     bool
}

// append adds the object that guests see, without its end.
func (in Input) append(b []byte) []byte {
	b = quote.Append(append(b, `{"route":`...), in.Route)
	b = quote.Append(append(b, `,"path":`...), in.Path)
	b = in.Params.AppendJSON(append(b, `,"params":`...))
	b = quote.Append(append(b, `,"locale":`...), in.Locale)
	b = quote.List(append(b, `,"locales":`...), in.Locales)
	b = quote.Append(append(b, `,"defaultLocale":`...), in.DefaultLocale)
	return strconv.AppendBool(append(b, `,"draftMode":`...), in.DraftMode)
}

// inputSize is enough for most inputs without props.
const inputSize = 512

// Props returns what getStaticProps reads.
func (in Input) Props(why Reason) []byte {
	b := in.append(make([]byte, 0, inputSize))
	if why != "" {
		b = quote.Append(append(b, `,"revalidateReason":`...), string(why))
	}
	return append(b, '}')
}

// Render returns what render reads. Props are passed on byte for byte, as
// [DecodeResult] gave them (S82); no props at all are {}. A fallback shell is
// rendered with no props and isFallback.
func (in Input) Render(props json.RawMessage, isFallback bool) []byte {
	if len(props) == 0 {
		props = json.RawMessage("{}")
	}
	b := in.append(make([]byte, 0, inputSize+len(props)))
	b = strconv.AppendBool(append(b, `,"isFallback":`...), isFallback)
	b = append(append(b, `,"props":`...), props...)
	return append(b, '}')
}
