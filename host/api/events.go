package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxLine bounds a line of the stream: an event with the longest message and log.
const maxLine = 1 << 20

// Events calls fn for every event of a plugin and of a type ("": of all) that
// happens from now on, until ctx ends or the host does. began is called once nothing
// is missed any more.
func (c *Client) Events(ctx context.Context, plugin, kind string, began func(), fn func(Event)) error {
	query := url.Values{}
	if plugin != "" {
		query.Set("plugin", plugin)
	}
	if kind != "" {
		query.Set("type", kind)
	}
	answer, err := c.Do(ctx, http.MethodGet, "/api/events?"+query.Encode(), "", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	began()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var event Event
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		fn(event)
	}
	return lines.Err()
}
