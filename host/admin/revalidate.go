package admin

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/demand"
)

// maxRevalidate is the size of a body: a thousand names, each with the longest path, are not sent in one call.
const maxRevalidate = 1 << 20

// revalidate is POST /api/revalidate, and /api/plugins/{name}/revalidate: what
// {base}/_wisr/revalidate is for editors (S100 to S111), for operators.
func (s *Server) revalidate(w http.ResponseWriter, r *http.Request) error {
	if err := s.keeps(); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRevalidate))
	if err != nil {
		return &api.Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: "the body has more than 1 MB"}
	}
	request, err := demand.Parse(r.URL.Query(), body)
	if err == nil {
		err = request.Within(r.PathValue("name"))
	}
	if err == nil {
		err = request.Check()
	}
	if err != nil {
		return &api.Problem{Status: http.StatusBadRequest, Code: "bad_request", Message: err.Error()}
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	if request.Long() {
		defer context.AfterFunc(s.life, func() { cancel(context.Cause(s.life)) })()
	}
	if strings.Contains(r.Header.Get("Accept"), demand.Lines) {
		w.Header().Set("Content-Type", demand.Lines)
		return s.opt.Revalidate.Stream(ctx, request, bufio.NewWriterSize(flusher{w, http.NewResponseController(w)}, 4096))
	}
	answer, err := s.opt.Revalidate.Do(ctx, request, nil)
	if err != nil {
		return err
	}
	reply(w, answer.Status(), answer)
	return nil
}

// flusher sends everything at once.
type flusher struct {
	w    io.Writer
	sent *http.ResponseController
}

func (f flusher) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.sent.Flush()
	}
	return n, err
}
