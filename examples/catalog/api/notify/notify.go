// Package notify tells a site that something was edited, by a signed webhook as
// Standard Webhooks describes it (https://www.standardwebhooks.com): what any
// content system does that wisr knows nothing of.
//
//	site := notify.Site{URL: "http://127.0.0.1:3000/shop/_wisr/hooks/stock", Secret: "…"}
//	err := site.Tell(ctx, map[string]any{"item": map[string]string{"id": "claw-hammer"}})
package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// timeout is how long a site may take, which makes pages anew before it answers.
const timeout = 30 * time.Second

// Site is who is told.
type Site struct {
	URL    string
	Secret string // as it is: the key is these bytes
}

// Tell sends an event as JSON and waits for the answer. The error says what the
// site has against it.
func (s Site) Tell(ctx context.Context, event any) error {
	body, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("tell the site: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("tell the site: %w", err)
	}
	id, at := "msg_"+rand.Text(), strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", at)
	r.Header.Set("Webhook-Signature", "v1,"+s.sign(id+"."+at+"."+string(body)))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("tell the site: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("tell the site: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("tell the site: it answers %s: %s", response.Status, bytes.TrimSpace(answer))
	}
	return nil
}

func (s Site) sign(text string) string {
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
