package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
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
	taken  func() // called when another host has this one's name; nil: nobody is

	mu        sync.Mutex
	last      map[string]time.Time // when something was told; guarded by mu
	unreached []string             // why peers could not be reached at first; guarded by mu
}

// again is when something is told once more: the server tries to connect every second.
const again = time.Minute

// A fix is what to do about something that the server says.
type fix struct{ said, fix string }

// namesake is what the server says of another one with its name.
const namesake = "duplicate name"

// fixes are for links between hosts; the first one that fits is told.
var fixes = []fix{
	{namesake, "no two hosts may have one name: write another [cluster] host on one of them"},
	{"cluster name", "[cluster] name has to be the same on all hosts of a site, and another one for another site"},
	{"expired or is not yet valid", "renew the certificate of [cluster] cert, or set the clock that is wrong"},
	{"incompatible key usage", "the certificate of [cluster] cert has to be for servers and for clients: serverAuth and clientAuth"},
	{"certificate is valid for", fixAddress},
	{"certificate is not valid for", fixAddress},
	{"cannot validate certificate for", fixAddress},
	{"handshake error", "[cluster] cert has to be signed by whom the other hosts' [cluster] ca names, and theirs by this one's; all hosts have TLS, or none"},
	{"authentication error", "[cluster] secret has to be the same on all hosts"},
	{"Authorization Violation", "[cluster] secret has to be the same on all hosts"},
}

const fixAddress = "the certificate of [cluster] cert has to name the address that the other hosts' [cluster] peers have for its host"

// stopped is what the server says when it cannot write, and keeps nothing from then on.
var stopped = fix{"will be DISABLED", "make room on its disk, and start it again"}

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
	text := l.text(format, v)
	if _, why, ok := strings.Cut(text, "to route"); ok { // it tries several times a second; that a host is gone is said once, by beats
		l.say(slog.LevelDebug, format, v)
		l.note(why)
		return
	}
	if strings.Contains(text, namesake) && l.taken != nil {
		l.taken()
	}
	if strings.Contains(text, stopped.said) {
		l.log.Error("this host keeps no pages from now on, and is no help to the others", "cause", text, "fix", stopped.fix)
		return
	}
	for _, f := range fixes {
		if strings.Contains(text, f.said) {
			l.log.Log(context.Background(), l.once(f.fix, slog.LevelError), "a host is refused, or refuses this one", "cause", text, "fix", f.fix)
			return
		}
	}
	what := format[strings.LastIndex(format, " - ")+1:] // of which connection it speaks is before that
	l.say(l.once(what, slog.LevelWarn), format, v)
}

// once is the level, or that of what is of no interest if the same was told lately.
func (l *serverLog) once(what string, level slog.Level) slog.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if last, told := l.last[what]; told && now.Sub(last) < again {
		return slog.LevelDebug
	}
	if l.last == nil {
		l.last = make(map[string]time.Time)
	}
	l.last[what] = now
	return level
}

// maxUnreached bounds what is remembered of peers.
const maxUnreached = 16

// note remembers why a peer could not be reached: " (attempt 1): dial tcp 10.0.0.2:6222: connect: connection refused".
func (l *serverLog) note(why string) {
	if _, cause, ok := strings.Cut(why, "): "); ok {
		why = cause
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.unreached) < maxUnreached && !slices.Contains(l.unreached, why) {
		l.unreached = append(l.unreached, why)
	}
}

// Unreached says why peers could not be reached, when it was tried first.
func (l *serverLog) Unreached() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.unreached)
}
