package page

import "encoding/json"

// PathsInput is what Paths gets.
type PathsInput struct {
	// Route is the pattern of the plugin's manifest, such as "/blog/[slug]".
	Route string `json:"route"`
	// Locales of the site; empty for a site in one language.
	Locales       []string `json:"locales"`
	DefaultLocale string   `json:"defaultLocale"`
	// Cursor is what the previous call returned, "" in the first.
	Cursor string `json:"cursor"`
}

// Input is what Props and Render get: which path is being made, and why. It
// holds nothing of a visitor's request: a page is made once for everyone.
type Input struct {
	// Route is the pattern of the plugin's manifest, such as "/blog/[slug]".
	Route string `json:"route"`
	// Path is the path itself, URL-encoded, without locale and base path.
	Path string `json:"path"`
	// Params are the values of the route's parameters, decoded.
	Params Params `json:"params"`
	// Locale of this page; empty for a site in one language.
	Locale        string   `json:"locale"`
	Locales       []string `json:"locales"`
	DefaultLocale string   `json:"defaultLocale"`
	// DraftMode is true for an editor's preview, which is never cached.
	DraftMode bool `json:"draftMode"`
	// Reason says why this generation runs: "build", "stale" or "on-demand".
	// Props only.
	Reason string `json:"revalidateReason"`
	// IsFallback is true when the shell of a page is made that is not ready
	// yet: props are the zero value then. Render only.
	IsFallback bool `json:"isFallback"`
}

// Params are the values of a route's parameters by name: one value for [slug],
// any number for [...path] and [[...path]].
type Params map[string][]string

// Get returns the value of a parameter: "" when there is none, the first one of
// a list.
func (p Params) Get(name string) string {
	if values := p[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// List returns the values of a parameter, nil when there are none.
func (p Params) List(name string) []string {
	return p[name]
}

// UnmarshalJSON reads {"slug": "a", "path": ["b", "c"]}.
func (p *Params) UnmarshalJSON(data []byte) error {
	var raw map[string]values
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*p = make(Params, len(raw))
	for name, v := range raw {
		(*p)[name] = v
	}
	return nil
}

// values is a parameter in JSON: a string or a list of strings.
type values []string

func (v *values) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*v = make(values, 1)
		return json.Unmarshal(data, &(*v)[0])
	}
	return json.Unmarshal(data, (*[]string)(v))
}
