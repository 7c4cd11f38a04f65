package serve

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/wisr-dev/wisr/host/demand"
)

// revalidate answers {base}/_wisr/revalidate, and …/revalidate/{plugin} (S100 to
// S111). What is said and done is package demand's; here are the secret and the form.
func (s *Server) revalidate(c *fiber.Ctx, plugin string) error {
	if s.opt.Revalidate == nil || !s.opt.RevalidateSecret.IsSet() {
		return s.notFound(c.Context(), "")
	}
	if method := c.Method(); method != fiber.MethodGet && method != fiber.MethodPost {
		c.Response().Header.Set(fiber.HeaderAllow, "GET, POST")
		return refusal(c, fiber.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if !s.admit(c, func() bool { return s.opt.RevalidateSecret.Matches(given(c)) }) {
		return nil
	}
	request, err := call(c, plugin)
	if err != nil {
		return refusal(c, fiber.StatusBadRequest, err.Error())
	}
	c.Response().Header.Set(fiber.HeaderCacheControl, noStore)
	ctx, done := s.whileThere(c, request.Long())
	if strings.Contains(c.Get(fiber.HeaderAccept), demand.Lines) {
		c.Response().Header.SetContentType(demand.Lines)
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
			defer done()
			s.stream(ctx, request, w)
		})
		return nil
	}
	defer done()
	answer, err := s.opt.Revalidate.Do(ctx, request, nil)
	if err != nil {
		return err
	}
	c.Status(answer.Status())
	return c.JSON(answer)
}

// stream is called on a goroutine of its own, where a bug may not end the host either.
func (s *Server) stream(ctx context.Context, r demand.Request, w *bufio.Writer) {
	defer func() {
		if r := recover(); r != nil {
			s.opt.Log.Error("answer a request", "error", r)
		}
	}()
	if err := s.opt.Revalidate.Stream(ctx, r, w); err != nil {
		s.opt.Log.Error("answer a request", "error", err)
	}
}

// call reads what is asked for. The error is for who asked.
func call(c *fiber.Ctx, plugin string) (demand.Request, error) {
	query, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return demand.Request{}, errors.New("the query has a % without two hexadecimal digits, or a semicolon")
	}
	query.Del("secret")
	request, err := demand.Parse(query, c.Body())
	if err == nil {
		err = request.Within(plugin)
	}
	if err == nil {
		err = request.Check()
	}
	return request, err
}
