package page

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Redirect sends visitors elsewhere (S81).
type Redirect struct {
	Destination string `json:"destination"` // a path of this host ("/…") or an http(s) URL, as the guest wrote it
	StatusCode  int    `json:"statusCode"`  // 301, 302, 303, 307 or 308
	BasePath    bool   `json:"basePath"`    // the site's base path goes before a destination that is a path
}

// maxDestination is what clients and proxies commonly take in a Location.
const maxDestination = 8 << 10

func (export refusal) redirect(v []byte) (Redirect, error) {
	if !isObject(v) {
		return Redirect{}, export.value("", v, `an object with "destination"`)
	}
	var destination, permanent, statusCode, basePath []byte
	err := export.read(v, field{"destination", &destination}, field{"permanent", &permanent},
		field{"statusCode", &statusCode}, field{"basePath", &basePath})
	if err != nil {
		return Redirect{}, err
	}
	r := Redirect{BasePath: true}
	if r.Destination, err = export.destination(destination); err != nil {
		return Redirect{}, err
	}
	if err := export.exactlyOne(v, field{"permanent", &permanent}, field{"statusCode", &statusCode}); err != nil {
		return Redirect{}, err
	}
	switch {
	case statusCode != nil:
		n, _ := whole(statusCode)
		switch n {
		case 301, 302, 303, 307, 308:
			r.StatusCode = int(n)
		default:
			return Redirect{}, export.value("statusCode", statusCode, "301, 302, 303, 307 or 308")
		}
	case isTrue(permanent):
		r.StatusCode = 308
	case isFalse(permanent):
		r.StatusCode = 307
	default:
		return Redirect{}, export.value("permanent", permanent, "true or false")
	}
	if basePath != nil {
		if !isTrue(basePath) && !isFalse(basePath) {
			return Redirect{}, export.value("basePath", basePath, "true or false")
		}
		r.BasePath = isTrue(basePath)
	}
	return r, nil
}

func (export refusal) destination(v []byte) (string, error) {
	const key, want = "destination", `a path that begins with one "/", or an http or https URL`
	if v == nil {
		return "", export.is(key, "missing", want)
	}
	s, ok := text(v)
	switch {
	case !ok:
		return "", export.value(key, v, want)
	case len(s) > maxDestination:
		return "", export.is(key, fmt.Sprintf("%d bytes long", len(s)), fmt.Sprintf("at most %d bytes", maxDestination))
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		// Browsers drop tabs and line breaks before they look at a URL.
		return "", export.value(key, v, "text without control characters")
	}
	u, err := url.Parse(s)
	if err != nil || !isPath(s) && !isWeb(u) {
		return "", export.value(key, v, want)
	}
	return s, nil
}

// isPath tells whether s stays on this host. Browsers take a backslash for a
// slash, and two slashes begin a host name.
func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.HasPrefix(s, `/\`)
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
