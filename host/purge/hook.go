package purge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Hook describes the requests that purge one cache.
type Hook struct {
	Name   string            // for logs
	Method string            // "": POST
	URL    string            // http or https; may have {tag} or {path}
	Header map[string]string // values may have placeholders
	Body   string            // may have placeholders; "": none
}

// The placeholders.
const (
	tagList  = "{tags}"
	pathList = "{paths}"
	oneTag   = "{tag}"
	onePath  = "{path}"
)

// Errors of Check. They show nothing of a hook, which may hold secrets.
var (
	ErrURL  = errors.New("the URL is not http:// or https:// with a host, or has a placeholder in the host")
	ErrList = errors.New("{tags} and {paths} are lists, which no URL has; {tag} and {path} make one request for each")
	ErrMix  = errors.New("{tag} and {path}, which make one request for each, stand alone: no other placeholder is possible beside one of them")
)

// Check tells whether a hook can be used.
func (h Hook) Check() error {
	blank := strings.NewReplacer(oneTag, "tag", onePath, "/path").Replace(h.URL)
	u, err := url.Parse(blank)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !strings.HasPrefix(h.URL, u.Scheme+"://"+u.Host) {
		return ErrURL
	}
	if strings.Contains(h.URL, tagList) || strings.Contains(h.URL, pathList) {
		return ErrList
	}
	each := 0
	for _, one := range []string{oneTag, onePath} {
		if h.has(one) {
			each++
		}
	}
	if each > 1 || each == 1 && (h.has(tagList) || h.has(pathList)) {
		return ErrMix
	}
	return nil
}

// has tells whether a placeholder is anywhere in the hook.
func (h Hook) has(placeholder string) bool {
	if strings.Contains(h.URL, placeholder) || strings.Contains(h.Body, placeholder) {
		return true
	}
	for _, value := range h.Header {
		if strings.Contains(value, placeholder) {
			return true
		}
	}
	return false
}

func (h Hook) takesTags() bool  { return h.has(tagList) || h.has(oneTag) }
func (h Hook) takesPaths() bool { return h.has(pathList) || h.has(onePath) }
func (h Hook) takesOne() bool   { return h.has(oneTag) || h.has(onePath) }

// request makes the request for tags, as Cache-Tag has them, and paths.
func (h Hook) request(tags, paths []string) (*http.Request, error) {
	in := func(list func([]string) string, one func(string) string) *strings.Replacer {
		pairs := []string{tagList, list(tags), pathList, list(paths)}
		if len(tags) > 0 {
			pairs = append(pairs, oneTag, one(tags[0]))
		}
		if len(paths) > 0 {
			pairs = append(pairs, onePath, one(paths[0]))
		}
		return strings.NewReplacer(pairs...)
	}
	spaced := in(func(list []string) string { return strings.Join(list, " ") }, func(s string) string { return s })
	body := in(jsonList, jsonText).Replace(h.Body)
	target := strings.NewReplacer(oneTag, url.QueryEscape(first(tags)), onePath, first(paths)).Replace(h.URL)

	method := h.Method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return nil, ErrURL // err has the URL in it
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("User-Agent", "wisr")
	for name, value := range h.Header {
		if http.CanonicalHeaderKey(name) == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, spaced.Replace(value))
	}
	return r, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func jsonList(list []string) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%s"`, jsonText(s))
	}
	return "[" + b.String() + "]"
}

// jsonText is a text as JSON strings have it, without the quotes.
func jsonText(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // strings have no way to fail
		return ""
	}
	return string(b[1 : len(b)-1])
}

// AppendTag appends a tag as Cache-Tag has it (S44): what would end a tag or a
// header field is escaped as in a URL.
func AppendTag(b []byte, tag string) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range []byte(tag) {
		if c <= ' ' || c >= 0x7f || c == ',' || c == '%' {
			b = append(b, '%', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}
