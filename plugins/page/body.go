package page

import (
	"path"
	"strings"
)

// CheckBody refuses a body that cannot be a page: one without a byte (S23). A
// guest that meant to write and did not leaves just that.
func CheckBody(body []byte) error {
	if len(body) == 0 {
		return &InvalidError{ExportRender, "", "empty", "at least one byte"}
	}
	return nil
}

// ContentType returns the content type of the page with a path: what the page
// set, else what the extension of the path says, else HTML.
func ContentType(pagePath string, header []Field) string {
	for _, f := range header {
		if f.Name == "Content-Type" && f.Value != "" {
			return f.Value
		}
	}
	if t, ok := byExtension(pagePath); ok {
		return t
	}
	return contentTypes["html"]
}

// FileType returns the content type of a file as its name says, or that of
// plain bytes, which browsers save and do not interpret.
func FileType(name string) string {
	if t, ok := byExtension(name); ok {
		return t
	}
	return "application/octet-stream"
}

func byExtension(name string) (string, bool) {
	base := path.Base(name)
	dot := strings.LastIndexByte(base, '.')
	if dot <= 0 { // ".json" is a name without extension
		return "", false
	}
	t, ok := contentTypes[strings.ToLower(base[dot+1:])]
	return t, ok
}

// contentTypes has its own table because those of operating systems differ: a
// site moved to another machine stays the same. Types are the registered ones
// of IANA. Guests write UTF-8, and the types that have a charset say so.
var contentTypes = map[string]string{
	"html":  "text/html; charset=utf-8",
	"htm":   "text/html; charset=utf-8",
	"xhtml": "application/xhtml+xml",

	"txt": "text/plain; charset=utf-8",
	"md":  "text/markdown; charset=utf-8",
	"csv": "text/csv; charset=utf-8",
	"tsv": "text/tab-separated-values; charset=utf-8",
	"vtt": "text/vtt; charset=utf-8",
	"ics": "text/calendar; charset=utf-8",
	"vcf": "text/vcard; charset=utf-8",
	"css": "text/css; charset=utf-8",
	"js":  "text/javascript; charset=utf-8",
	"mjs": "text/javascript; charset=utf-8",

	"xml":  "application/xml; charset=utf-8",
	"xsl":  "application/xslt+xml",
	"rss":  "application/rss+xml",
	"atom": "application/atom+xml",
	"kml":  "application/vnd.google-earth.kml+xml",
	"svg":  "image/svg+xml",

	"json":        "application/json",
	"map":         "application/json",
	"jsonld":      "application/ld+json",
	"geojson":     "application/geo+json",
	"webmanifest": "application/manifest+json",
	"yaml":        "application/yaml",
	"yml":         "application/yaml",
	"toml":        "application/toml",

	"png":  "image/png",
	"jpg":  "image/jpeg",
	"jpeg": "image/jpeg",
	"gif":  "image/gif",
	"webp": "image/webp",
	"avif": "image/avif",
	"ico":  "image/vnd.microsoft.icon",

	"pdf":  "application/pdf",
	"epub": "application/epub+zip",
	"zip":  "application/zip",
	"gz":   "application/gzip",
	"wasm": "application/wasm",
	"woff": "font/woff", "woff2": "font/woff2",
	"mp3": "audio/mpeg", "mp4": "video/mp4", "webm": "video/webm",
}
