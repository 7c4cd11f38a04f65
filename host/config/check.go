package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Bounds of what can be set. They keep out what was meant in another unit, and
// what the host could not count with.
const (
	minSeconds = strict.Duration(time.Second)
	maxSeconds = strict.Duration(100 * 365 * 24 * time.Hour) // the bound of a page's own revalidate and expire
	minCache   = strict.Size(1 << 20)                        // a page or two
	minGuests  = strict.Size(16 << 20)                       // one small guest
	maxWorkers = 1024
	maxQueue   = 1_000_000
)

// check looks at what types cannot say.
func check(doc *strict.Document, f file, c *Config) {
	checkSite(doc, f.Site)
	checkListeners(doc, c)
	checkSecrets(doc, f, c)
	checkCache(doc, f.Cache)
	checkRender(doc, f.Render)
	checkGrants(doc, f.Grants)
	if f.Plugins.Dir == "" || strings.ContainsRune(f.Plugins.Dir, 0) {
		doc.Errorf("plugins.dir", `write dir = "plugins", or remove it`, "plugins.dir is %s; want a folder", doc.Quote("plugins.dir"))
	}
	checkTrial(doc, f)
	checkTrust(doc, f.Plugins.Trust, c)
	checkWebhooks(doc, f.Webhooks, c)
	checkPurges(doc, f.Purges, c)
	checkCluster(doc, c)
	checkDev(doc, f.Dev, c)
}

func checkSite(doc *strict.Document, s fileSite) {
	checkBasePath(doc, s.BasePath)
	checkLocales(doc, s)
	checkSeconds(doc, "site.not_found_revalidate", s.NotFoundRevalidate)
	for _, name := range s.Crawlers {
		if strings.Trim(name, "* ") == "" {
			doc.Errorf("site.crawlers", `name a part of the User-Agent: crawlers = ["Googlebot", "Slackbot*"]`, "site.crawlers has %q, which is every visitor or none", name)
		}
	}
}

func checkBasePath(doc *strict.Document, base string) {
	const key = "site.base_path"
	canonical, err := route.Canonical(base)
	if err != nil && base != "" && base[0] != '/' {
		canonical, err = route.Canonical("/" + base)
	}
	switch {
	case base == "":
	case err != nil:
		problem := "it is not a path"
		if !doc.FromEnv(key) {
			problem = err.Error()
		}
		doc.Errorf(key, `write base_path = "/docs"`, "site.base_path is %s: %s", doc.Quote(key), problem)
	case canonical == "/":
		doc.Errorf(key, "remove it", "site.base_path is %s; a site at the root has none", doc.Quote(key))
	case canonical != base:
		hint := `write base_path = "/docs"`
		if !doc.FromEnv(key) && !strings.Contains(base, "://") {
			hint = fmt.Sprintf("write base_path = %q", canonical)
		}
		doc.Errorf(key, hint, "site.base_path is %s; want it to begin with a slash, to end without one, and to be spelled as in a URL", doc.Quote(key))
	}
}

func checkLocales(doc *strict.Document, s fileSite) {
	const key = "site.default_locale"
	seen := make(map[string]bool)
	for i, l := range s.Locales {
		at := fmt.Sprintf("site.locales[%d]", i)
		switch {
		case !isLocale(l):
			doc.Errorf(at, `write it as in URLs, "en" or "de-CH"`, "%s is %s; want a language, with a region or script if need be", at, doc.Quote(at))
		case seen[strings.ToLower(l)]:
			doc.Errorf(at, "remove one of them", "site.locales has %s twice", doc.Quote(at))
		}
		seen[strings.ToLower(l)] = true
	}
	switch {
	case len(s.Locales) == 0 && s.DefaultLocale != "":
		doc.Errorf(key, `list it and the others: locales = ["en", "de"]`, "site.default_locale is set, but site.locales is not")
	case len(s.Locales) > 0 && !doc.Has(key):
		hint := fmt.Sprintf("add default_locale = %q below [site], or another of them", s.Locales[0])
		if doc.FromEnv("site.locales[0]") {
			hint = "add default_locale below [site]"
		}
		doc.Errorf("site.locales", hint, "site.locales is set, but site.default_locale is not: it is the locale whose URLs have no prefix")
	case len(s.Locales) > 0 && !slices.Contains(s.Locales, s.DefaultLocale):
		doc.Errorf(key, "write one of them, or add it to locales", "site.default_locale is %s, which site.locales does not list", doc.Quote(key))
	}
}

// isLocale tells whether s has the shape of a language tag (RFC 5646, 2.1):
// letters, then parts of letters and digits. Which tags exist is not checked.
func isLocale(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if len(part) < 1 || len(part) > 8 || i == 0 && len(part) < 2 {
			return false
		}
		for j := range len(part) {
			c := part[j]
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// checkSecrets refuses what could never be sent as a secret, and two features
// with one secret: who may renew a page may not read drafts (S120).
func checkSecrets(doc *strict.Document, f file, c *Config) {
	type door struct {
		key    string
		secret Secret
	}
	secrets := []door{{"admin.token", c.Admin.Token}, {"revalidate.secret", c.Revalidate.Secret}, {"draft.secret", c.Draft.Secret}}
	if doc.Has("cluster") {
		secrets = append(secrets, door{"cluster.secret", c.Cluster.Secret})
	}
	doors := len(secrets)
	for i, w := range f.Webhooks {
		secrets = append(secrets, door{fmt.Sprintf("webhook[%d].secret", i), w.Secret})
	}
	for i, s := range secrets {
		text := s.secret.Reveal()
		if !s.secret.IsSet() {
			if doc.Has(s.key) {
				doc.Errorf(s.key, "write a long random text, or remove it to have none", "%s is empty", s.key)
			}
			continue
		}
		if strings.TrimSpace(text) != text || strings.ContainsFunc(text, unicode.IsControl) {
			doc.Errorf(s.key, "remove them; a file's last line break is easily taken along", "%s begins or ends with spaces, or has a line break or control character", s.key)
		}
		for _, other := range secrets[:min(i, doors)] { // one content system may have several webhooks
			if other.secret.Matches(text) {
				doc.Errorf(s.key, "choose another; each opens its own door", "%s and %s are the same", s.key, other.key)
			}
		}
	}
}

func checkCache(doc *strict.Document, f fileCache) {
	checkSize(doc, "cache.memory", f.Memory, minCache, "to turn the memory cache off")
	checkSize(doc, "cache.max_size", f.MaxSize, minCache, "for no bound")
	checkSeconds(doc, "cache.expire", f.Expire)

	const key = "cache.store"
	s := store(f.Store)
	switch {
	case !strings.Contains(f.Store, ":") || s.Kind != StoreDir && s.Kind != StoreJetStream:
		hint := `write store = "dir:.wisr/pages" for a folder, or "jetstream:…" for NATS JetStream`
		if !doc.FromEnv(key) && strings.Contains(f.Store, "/") && !strings.Contains(f.Store, ":") {
			hint = fmt.Sprintf("write store = %q", StoreDir+":"+f.Store)
		}
		doc.Errorf(key, hint, "cache.store is %s; want a kind of store, a colon, and where it is", doc.Quote(key))
	case s.Place == "" || strings.ContainsRune(s.Place, 0):
		doc.Errorf(key, `write store = "dir:.wisr/pages"`, "cache.store is %s; after the colon stands where it is", doc.Quote(key))
	}
}

func checkRender(doc *strict.Document, f fileRender) {
	if f.Workers < 0 || f.Workers > maxWorkers {
		doc.Errorf("render.workers", "", "render.workers is %s; want 1 to %d, or 0 for as many as there are cores", found(doc, "render.workers", strconv.Itoa(f.Workers)), maxWorkers)
	}
	if f.Queue < 1 || f.Queue > maxQueue {
		doc.Errorf("render.queue", "", "render.queue is %s; want 1 to %d generations", found(doc, "render.queue", strconv.Itoa(f.Queue)), maxQueue)
	}
	checkSize(doc, "render.memory", f.Memory, minGuests, "for no bound")
}

func checkGrants(doc *strict.Document, f fileGrants) {
	good := true
	for i, entry := range f.Fetch {
		_, err := egress.ParsePolicy([]string{entry}, nil)
		if err == nil {
			continue
		}
		good = false
		key := fmt.Sprintf("grants.fetch[%d]", i)
		text := err.Error()
		if _, after, ok := strings.Cut(text, ": entry "); ok {
			text = after // the rest names a key of plugin.toml
		}
		if doc.FromEnv(key) {
			text = doc.Quote(key) + " is not scheme://host[:port][/path/*]"
		}
		doc.Errorf(key, "", "%s: %s", key, text)
	}
	if _, err := egress.ParsePolicy(f.Fetch, nil); good && err != nil {
		doc.Errorf("grants.fetch", "a wildcard says the same in one line: \"https://*.example.com\"", "grants.fetch has %d entries, too many", len(f.Fetch))
	}
	for i, path := range f.Files {
		if path == "" || strings.ContainsRune(path, 0) {
			key := fmt.Sprintf("grants.files[%d]", i)
			doc.Errorf(key, "write the path of a folder, or remove it", "%s is %s; want a folder", key, doc.Quote(key))
		}
	}
}

// checkSize refuses sizes that are too small to be meant; 0 has a meaning.
func checkSize(doc *strict.Document, key string, s, least strict.Size, zero string) {
	if s == 0 || s >= least {
		return
	}
	hint := ""
	if s%(1<<10) != 0 {
		hint = `a number without quotes counts bytes; write "50MB" for megabytes`
	}
	doc.Errorf(key, hint, `%s is %s; want at least %s, or "0" %s`, key, found(doc, key, s.String()), least, zero)
}

// checkSeconds keeps to what Cache-Control can say.
func checkSeconds(doc *strict.Document, key string, d strict.Duration) {
	if d%minSeconds == 0 && d >= minSeconds && d <= maxSeconds {
		return
	}
	doc.Errorf(key, "", "%s is %s; want whole seconds, from 1s to %s", key, found(doc, key, d.String()), maxSeconds)
}

// found is a value as errors may show it: not one of the environment.
func found(doc *strict.Document, key, value string) string {
	if doc.FromEnv(key) {
		return doc.Quote(key)
	}
	return value
}
