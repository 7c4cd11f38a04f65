package config

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"unicode"

	"github.com/wisr-dev/wisr/host/purge"
	"github.com/wisr-dev/wisr/host/webhook"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Webhook is what a content system may call, at {base}/_wisr/hooks/{Path}. One
// whose secret is an environment variable that is not set is left out.
type Webhook struct {
	Path      string // "cms", "cms/posts": canonical, without slashes around
	Signature string // one of webhook.Schemes
	Header    string // canonical name of the header field; "": the scheme's own
	Secret    Secret // always set

	// What a delivery revalidates: templates of package webhook, which parse,
	// and a plugin. One of the four is there.
	Tags, Paths, Sources []string
	Plugin               string
	Mode                 string // "", "mark", "regenerate" or "purge": as package demand has them
}

// Purge is a request that tells a cache in front of the site what changed. Its
// texts may hold secrets, and so do not print. One that refers to an environment
// variable that is not set is left out.
type Purge struct {
	Name   string // for logs: "purge[0]"
	Method string
	URL    Secret
	Header map[string]Secret // by canonical name
	Body   Secret            // unset: none
}

// Hook returns p for package purge.
func (p Purge) Hook() purge.Hook {
	h := purge.Hook{Name: p.Name, Method: p.Method, URL: p.URL.Reveal(), Body: p.Body.Reveal(), Header: make(map[string]string)}
	for name, value := range p.Header {
		h.Header[name] = value.Reveal()
	}
	return h
}

type fileWebhook struct {
	Path      string   `toml:"path"`
	Signature string   `toml:"signature"`
	Header    string   `toml:"header"`
	Secret    Secret   `toml:"secret"`
	Tags      []string `toml:"tags"`
	Paths     []string `toml:"paths"`
	Sources   []string `toml:"sources"`
	Plugin    string   `toml:"plugin"`
	Mode      string   `toml:"mode"`
}

type filePurge struct {
	Method  string            `toml:"method"`
	URL     Secret            `toml:"url"`
	Headers map[string]Secret `toml:"headers" usage:"write [purge.headers] on a line of its own, and below it lines with Name = \"value\""`
	Body    Secret            `toml:"body"`
}

// modes are what package demand does with names.
var modes = []string{"mark", "regenerate", "purge"}

// checkWebhooks checks the [[webhook]] tables and adds those that are on.
func checkWebhooks(doc *strict.Document, files []fileWebhook, c *Config) {
	paths := make(map[string]bool)
	for i, f := range files {
		at := func(key string) string { return fmt.Sprintf("webhook[%d].%s", i, key) }
		w := Webhook{f.Path, f.Signature, textproto.CanonicalMIMEHeaderKey(f.Header), f.Secret, f.Tags, f.Paths, f.Sources, f.Plugin, f.Mode}
		if isOff(doc, at("")) {
			continue
		}
		checkHookPath(doc, at("path"), f.Path, paths)
		checkSignature(doc, at, f)
		checkTemplates(doc, at, f)
		if f.Mode != "" && !slices.Contains(modes, f.Mode) {
			doc.Errorf(at("mode"), "leave it out to generate paths and mark the rest as stale", "%s is %s; want %s", at("mode"), doc.Quote(at("mode")), strings.Join(modes, ", "))
		}
		if strings.Trim(f.Plugin, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			doc.Errorf(at("plugin"), "write the name that stands in its plugin.toml", "%s is %s, which is no name of a plugin", at("plugin"), doc.Quote(at("plugin")))
		}
		c.Webhooks = append(c.Webhooks, w)
	}
}

func checkHookPath(doc *strict.Document, key, path string, taken map[string]bool) {
	canonical, err := route.Canonical("/" + path)
	switch {
	case path == "":
		doc.Errorf(key, `add path = "cms" for /_wisr/hooks/cms`, "%s is missing: below what address the content system sends", key)
	case err != nil || canonical != "/"+path:
		doc.Errorf(key, `write it without slashes around, as in path = "cms"`, "%s is %s, which is not the end of an address", key, doc.Quote(key))
	case taken[path]:
		doc.Errorf(key, "give one of them another", "%s is %s, which another [[webhook]] has", key, doc.Quote(key))
	}
	taken[path] = true
}

func checkSignature(doc *strict.Document, at func(string) string, f fileWebhook) {
	schemes := webhook.Schemes()
	switch {
	case f.Signature == "":
		doc.Errorf(at("signature"), `add signature = "github", or another of `+strings.Join(schemes, ", "), "%s is missing: how the content system shows that it is the sender", at("signature"))
	case !slices.Contains(schemes, f.Signature):
		doc.Errorf(at("signature"), "", "%s is %s; want %s", at("signature"), doc.Quote(at("signature")), strings.Join(schemes, ", "))
	case f.Header != "" && !webhook.TakesHeader(f.Signature):
		doc.Errorf(at("header"), "remove it", "%s cannot be chosen for %s", at("header"), f.Signature)
	case f.Header != "" && !isToken(f.Header):
		doc.Errorf(at("header"), `write a name such as header = "X-Webhook-Signature"`, "%s is %s, which is no name of a header field", at("header"), doc.Quote(at("header")))
	}
	if !f.Secret.IsSet() {
		doc.Errorf(at("secret"), `add secret = "${CMS_WEBHOOK_SECRET}", and tell it to the content system`, "%s is missing", at("secret"))
	} else if err := webhook.CheckSecret(f.Signature, f.Secret); err != nil {
		doc.Errorf(at("secret"), "copy it as the content system shows it", "%s: %v", at("secret"), err)
	}
}

func checkTemplates(doc *strict.Document, at func(string) string, f fileWebhook) {
	some := f.Plugin != ""
	for _, list := range []struct {
		name  string
		texts []string
	}{{"tags", f.Tags}, {"paths", f.Paths}, {"sources", f.Sources}} {
		for i, text := range list.texts {
			some = true
			key := fmt.Sprintf("%s[%d]", at(list.name), i)
			_, err := webhook.ParseTemplate(text)
			if err == nil && list.name == "paths" && text[0] != '/' && text[0] != '{' {
				err = errors.New("a path begins with a slash")
			}
			if err != nil {
				doc.Errorf(key, `fields stand in braces: "post:{entry.id}"`, "%s is %s: %v", key, doc.Quote(key), err)
			}
		}
	}
	if !some {
		for _, key := range []string{"tags", "paths", "sources"} {
			if doc.Has(at(key)) {
				doc.Errorf(at(key), `say what to revalidate: tags = ["post:{entry.id}"]`, "%s is empty", at(key))
				return
			}
		}
		doc.Errorf(at("tags"), `say what to revalidate: tags = ["post:{entry.id}"]`, "none of tags, paths, sources and plugin is there")
	}
}

// checkPurges checks the [[purge]] tables and adds those that are on.
func checkPurges(doc *strict.Document, files []filePurge, c *Config) {
	for i, f := range files {
		at := func(key string) string { return fmt.Sprintf("purge[%d].%s", i, key) }
		if isOff(doc, at("")) {
			continue
		}
		p := Purge{Name: fmt.Sprintf("purge[%d]", i), Method: http.MethodPost, URL: f.URL, Header: make(map[string]Secret), Body: f.Body}
		if f.Method != "" {
			p.Method = f.Method
		}
		if !isToken(p.Method) || p.Method != strings.ToUpper(p.Method) { // both are tokens
			doc.Errorf(at("method"), `write it in capitals: method = "PURGE"`, "%s is %s, which is no method of HTTP", at("method"), doc.Quote(at("method")))
		}
		for _, name := range slices.Sorted(maps.Keys(f.Headers)) {
			key, canonical := strict.Key(name), textproto.CanonicalMIMEHeaderKey(name)
			key = at("headers") + "." + key
			_, twice := p.Header[canonical]
			switch {
			case !isToken(name):
				doc.Errorf(key, `a name has letters, digits and "-"`, "%s is no name of a header field", key)
			case twice:
				doc.Errorf(key, "keep one of them", "%s is given twice, in different spellings", key)
			case strings.ContainsFunc(f.Headers[name].Reveal(), unicode.IsControl):
				doc.Errorf(key, "write it on one line", "%s has a control character in its value", key)
			}
			p.Header[canonical] = f.Headers[name]
		}
		checkPurge(doc, at, p)
		c.Purges = append(c.Purges, p)
	}
}

func checkPurge(doc *strict.Document, at func(string) string, p Purge) {
	err := p.Hook().Check()
	switch {
	case !p.URL.IsSet():
		doc.Errorf(at("url"), `add url = "https://api.cdn.example/purge"`, "%s is missing", at("url"))
	case errors.Is(err, purge.ErrMix):
		doc.Errorf(at("body"), "use {tags} and {paths} for all at once", "%s: %v", strings.TrimSuffix(at(""), "."), err)
	case err != nil:
		doc.Errorf(at("url"), `write it as "https://api.cdn.example/purge"`, "%s: %v", at("url"), err)
	}
}

// isOff tells whether something in a table refers to an environment variable that
// is not set. Half of a webhook or purge would do another thing than the whole.
func isOff(doc *strict.Document, below string) bool {
	return slices.ContainsFunc(doc.Unset(), func(u strict.Unset) bool { return strings.HasPrefix(u.Key, below) })
}

// isToken is RFC 9110, 5.6.2: what names of header fields and methods are made of.
func isToken(s string) bool {
	return s != "" && strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~") == ""
}
