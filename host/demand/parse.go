package demand

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// Parse reads a call: a query, path=/a&path=/b&tag=news, and a body of JSON,
// {"paths":["/a","/b"],"tags":["news"]}, which say the same (S111). Names
// of both count. Either may be empty. The error is an *InvalidError; an unknown
// key is one, because a mistyped name would otherwise go unnoticed.
func Parse(query url.Values, body []byte) (Request, error) {
	r, err := parseBody(body)
	if err != nil {
		return r, err
	}
	for key, values := range query {
		for _, value := range values {
			if err := r.set(key, value); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

func parseBody(body []byte) (r Request, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return r, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, invalid("the body is no JSON object with paths, tags, sources, plugin, mode and onlyGenerated: %s", reason(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return r, invalid("the body has something behind its JSON object")
	}
	return r, nil
}

// reason is what package json says, without its name in front.
func reason(err error) string { return short(strings.TrimPrefix(err.Error(), "json: ")) }

// set takes in one field of a query.
func (r *Request) set(key, value string) error {
	switch key {
	case "path":
		r.Paths = append(r.Paths, value)
	case "tag":
		r.Tags = append(r.Tags, value)
	case "source":
		r.Sources = append(r.Sources, value)
	case "plugin":
		return once(key, &r.Plugin, value)
	case "mode":
		return once(key, (*string)(&r.Mode), value)
	case "onlyGenerated":
		only, err := strconv.ParseBool(value)
		if err != nil {
			return invalid("onlyGenerated is %q; say 1 or 0", short(value))
		}
		r.OnlyGenerated = r.OnlyGenerated || only
	default:
		return invalid("%q is nothing that a call has; there are path, tag, source, plugin, mode and onlyGenerated", short(key))
	}
	return nil
}

// Within makes r about the pages of one plugin, as the URL of a call says (S108); "" says nothing.
func (r *Request) Within(plugin string) error {
	if plugin == "" {
		return nil
	}
	return once("plugin", &r.Plugin, plugin)
}

// once sets what may be said only once, or again the same.
func once(key string, to *string, value string) error {
	if *to != "" && *to != value {
		return invalid("%s is both %q and %q; say one", key, short(*to), short(value))
	}
	*to = value
	return nil
}
