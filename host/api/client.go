package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// maxAnswer bounds what is read of an answer: a list of a thousand pages, each with the longest path.
const maxAnswer = 64 << 20

// Client asks a running host.
type Client struct {
	base  string // URL without a slash at its end
	token string
	http  *http.Client
}

// NewClient makes a Client for the private listener at an address: host:port,
// or a URL where a proxy is in front. token may be "".
func NewClient(address, token string) (*Client, error) {
	base := address
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a host; write it as 127.0.0.1:9090 or https://admin.example.com", address)
	}
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{}}, nil
}

// Call sends in as JSON, or nothing if it is nil, and reads the answer into
// out, unless that is nil. The error is a *Problem where the host said no.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	answer, err := c.Do(ctx, method, path, "application/json", body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.base, err)
	}
	return nil
}

// Lines sends in as JSON by POST and calls each with every line of the answer as
// it comes: for what takes long and tells of it. An error of each ends that.
func (c *Client) Lines(ctx context.Context, path string, in any, each func(line []byte) error) error {
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := c.do(ctx, http.MethodPost, path, "application/json", "application/x-ndjson", bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if err := each(lines.Bytes()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.base, err)
	}
	return nil
}

// Do sends a request and returns the answer if its status is below 400, else
// a *Problem. The caller closes the answer's body.
func (c *Client) Do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	return c.do(ctx, method, path, contentType, "", body)
}

func (c *Client) do(ctx context.Context, method, path, contentType, accept string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if answer.StatusCode < http.StatusBadRequest {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, c.problem(answer)
}

func (c *Client) unreachable(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no host answers at %s; begin one with `wisr start`, or name another one with --admin HOST:PORT", c.base)
	}
	return err
}

// problem reads what the host says, or what somebody in front of it says.
func (c *Client) problem(answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.base, err)
	}
	p := &Problem{Status: answer.StatusCode}
	if json.Unmarshal(text, p) != nil || p.Code == "" {
		return fmt.Errorf("%s answers %s, and not as a wisr host does", c.base, answer.Status)
	}
	if p.Status == http.StatusUnauthorized {
		p.Fix = "set the environment variable WISR_ADMIN_TOKEN to the [admin] token of that host"
	}
	return p
}
