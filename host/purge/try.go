package purge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// statusError is an answer that is no success. It has nothing of the answer's
// body, which may repeat what was sent.
type statusError struct {
	status int
	after  time.Duration // as Retry-After says
}

func (e *statusError) Error() string {
	return fmt.Sprintf("it answers %d %s", e.status, http.StatusText(e.status))
}

// try sends one request.
func (s *sender) try(tags, paths []string) error {
	r, err := s.request(tags, paths)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(r.WithContext(s.ctx))
	if err != nil {
		var about *url.Error
		if errors.As(err, &about) { // it has the URL in it
			err = about.Err
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // only for the connection's sake
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		e := &statusError{status: answer.StatusCode}
		if n, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && n > 0 {
			e.after = min(time.Duration(n)*time.Second, 5*lastPause)
		}
		return e
	}
	return nil
}

// worthAnotherTry tells whether the same request may succeed later: not if the
// cache has read it and says that it is wrong.
func worthAnotherTry(err error) bool {
	var s *statusError
	if errors.As(err, &s) {
		return s.status >= 500 || s.status == http.StatusTooManyRequests || s.status == http.StatusRequestTimeout
	}
	return !errors.Is(err, ErrURL) && !errors.Is(err, context.Canceled)
}

func after(err error) time.Duration {
	var s *statusError
	if errors.As(err, &s) {
		return s.after
	}
	return 0
}
