package serve

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

func (s *Server) spelling(key string) string {
	return spelling(s.opt.BasePath, s.opt.TrailingSlash, key)
}

// spelling is the path of a key as its URL has it after the base path: with a
// trailing slash where the site wants one and the last segment does not look
// like a file (S55). The root below a base path is that path.
func spelling(basePath string, trailingSlash bool, key string) string {
	switch {
	case key == "/" && basePath != "" && !trailingSlash:
		return ""
	case key == "/", !trailingSlash, strings.Contains(key[strings.LastIndexByte(key, '/'):], "."):
		return key
	}
	return key + "/"
}

// Addresses are the paths of the URLs at which a page is found, which is what
// caches in front of the site know of it: its own and that of its data.
func Addresses(basePath string, trailingSlash bool, key string) []string {
	return []string{basePath + spelling(basePath, trailingSlash, key), basePath + dataPath(key)}
}

// misspelt tells whether path differs from want in its slashes. Other
// differences are other escapes for the same characters, which are served as they are.
func misspelt(path, want string) bool {
	return strings.Contains(path, "//") || strings.HasSuffix(path, "/") != strings.HasSuffix(want, "/")
}

// moved sends the visitor to the right spelling. The target always begins with
// the base path or one slash and a segment, so that it never leaves the site.
func (s *Server) moved(r *fasthttp.RequestCtx, path, query string) error {
	target := s.opt.BasePath + path
	if query != "" {
		target += "?" + query
	}
	r.Response.Header.Set(fiber.HeaderLocation, target)
	r.Response.Header.SetContentLength(0) // for HEAD too
	r.SetStatusCode(fiber.StatusPermanentRedirect)
	return nil
}
