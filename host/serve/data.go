package serve

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

const typeJSON = "application/json; charset=utf-8"

// dataKey is the key of the page whose data URL has this rest after
// {base}/_wisr/data/ (S134). The root's is index.json. So that the page
// /index has one too, a path that begins with the segment index has one index more.
func dataKey(rest string) (string, error) {
	name, ok := strings.CutSuffix(rest, ".json")
	if !ok || name == "" {
		return "", nil
	}
	key, err := route.Canonical("/" + name)
	if err != nil || "/"+name != key && misspelt("/"+name, key) {
		return "", err
	}
	switch {
	case key == "/index":
		return "/", nil
	case strings.HasPrefix(key, "/index/"):
		return strings.TrimPrefix(key, "/index"), nil
	}
	return key, nil
}

// dataPath is the inverse of dataKey: the path of the data below the base path.
func dataPath(key string) string {
	if key == "/" {
		key = "/index"
	} else if key == "/index" || strings.HasPrefix(key, "/index/") {
		key = "/index" + key
	}
	return "/_wisr/data" + key + ".json"
}

// data answers with the props of a page, from the same entry as the page.
func (s *Server) data(r *fasthttp.RequestCtx, rest string) error {
	key, err := dataKey(rest)
	if err != nil {
		return malformed(r, err)
	}
	if key == "" {
		return s.noData(r)
	}
	table := s.opt.Table()
	if plain, ok := table.Unprefixed(key); ok {
		return s.moved(r, dataPath(plain), "")
	}
	match, ok := table.Lookup(key)
	if !ok {
		return s.noData(r)
	}
	draft, forged := s.drafting(r)
	if forged {
		defer s.takeDraft(r)
	}
	if !draft && match.Version.Fallback == page.FallbackFalse && !match.Known() {
		return s.noData(r)
	}
	manner := isr.Plain
	if isPrefetch(r) {
		manner = isr.Prefetch
	}
	answer, err := s.ask(r, match.Version, key, manner, draft, s.opt.Now())
	if err != nil {
		status := fiber.StatusInternalServerError
		if unavailable(err) {
			status = fiber.StatusServiceUnavailable
		}
		r.Response.Header.Set(fiber.HeaderCacheControl, noStore)
		return document(r, status, `{"message":"`+utils.StatusMessage(status)+`"}`)
	}
	if match.Path == notFoundKey || match.Path == failedKey {
		if answer.Entry.Kind != page.KindProps {
			return s.noData(r)
		}
		r.Response.Header.Set(fiber.HeaderCacheControl, noStore) // as the page itself (S42)
		return document(r, fiber.StatusOK, isr.DataPrefix+string(answer.Entry.Props)+isr.DataSuffix)
	}
	s.cached(r, answer)
	switch entry := answer.Entry; entry.Kind {
	case page.KindNotFound:
		return document(r, fiber.StatusNotFound, `{"notFound":true}`)
	case page.KindRedirect:
		body, err := json.Marshal(map[string]any{"redirect": map[string]any{
			"destination": s.destination(entry.Redirect), "statusCode": entry.Redirect.StatusCode,
		}})
		if err != nil {
			return err
		}
		return document(r, fiber.StatusOK, string(body))
	default:
		return s.props(r, entry)
	}
}

// props writes the data document of a page.
func (s *Server) props(r *fasthttp.RequestCtx, entry *isr.Entry) error {
	response := &r.Response
	response.Header.SetContentType(typeJSON)
	body, done := s.represent(r, entry.DataETag, nil, entry.DataEncodings, fiber.StatusOK)
	switch {
	case done:
		return notModified(r)
	case body != nil:
		response.SetBodyRaw(body)
	default:
		response.AppendBodyString(isr.DataPrefix)
		response.AppendBody(entry.Props)
		response.AppendBodyString(isr.DataSuffix)
	}
	return nil
}

func (s *Server) noData(r *fasthttp.RequestCtx) error {
	r.Response.Header.Set(fiber.HeaderCacheControl, noStore)
	return document(r, fiber.StatusNotFound, `{"notFound":true}`)
}

func document(r *fasthttp.RequestCtx, status int, body string) error {
	r.SetStatusCode(status)
	r.Response.Header.SetContentType(typeJSON)
	r.Response.SetBodyString(body)
	return nil
}
