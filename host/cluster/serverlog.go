package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"
)

// serverLog is what the server says, in the host's log: its notices are of interest
// to those who look for a fault. The secret is part of its routes' URLs.
type serverLog struct {
	log    *slog.Logger
	secret string
	now    func() time.Time

	mu   sync.Mutex
	last map[string]time.Time // when a fix was told; guarded by mu
}

// again is when a fix is told once more: the server tries to connect every second.
const again = time.Minute

// A fix is what to do about what is said of a link that does not come about.
type fix struct{ said, fix string }

// fixes are for links between hosts.
var fixes = []fix{
	{"handshake error", "[cluster] cert has to be signed by whom the other hosts' [cluster] ca names, and theirs by this one's; all hosts have TLS, or none"},
	{"authentication error", "[cluster] secret has to be the same on all hosts"},
	{"Authorization Violation", "[cluster] secret has to be the same on all hosts"},
}

func (l *serverLog) text(format string, v []any) string {
	text := fmt.Sprintf(format, v...)
	if l.secret != "" {
		text = strings.ReplaceAll(text, l.secret, "[secret]")
		text = strings.ReplaceAll(text, url.QueryEscape(l.secret), "[secret]")
	}
	return text
}

func (l *serverLog) say(level slog.Level, format string, v []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, "cluster server", "says", l.text(format, v))
	}
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.say(slog.LevelDebug-4, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  {}
func (l *serverLog) Warnf(format string, v ...any)   { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Fatalf(format string, v ...any)  { l.say(slog.LevelError, format, v) }

func (l *serverLog) Errorf(format string, v ...any) {
	if strings.Contains(format, "to route") { // it tries several times a second; that a host is gone is said once, by beats
		l.say(slog.LevelDebug, format, v)
		return
	}
	text := l.text(format, v)
	for _, f := range fixes {
		if strings.Contains(text, f.said) {
			level := slog.LevelDebug
			if l.due(f.fix) {
				level = slog.LevelError
			}
			l.log.Log(context.Background(), level, "a host is refused, or refuses this one", "cause", text, "fix", f.fix)
			return
		}
	}
	l.say(slog.LevelWarn, format, v)
}

// due tells whether a fix was not told lately.
func (l *serverLog) due(fix string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if last, told := l.last[fix]; told && now.Sub(last) < again {
		return false
	}
	if l.last == nil {
		l.last = make(map[string]time.Time)
	}
	l.last[fix] = now
	return true
}
