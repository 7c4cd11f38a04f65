package jetstream

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/isr"
)

// The header of a message. In all formats, headerFormat and headerKey are what they are here, by
// which an older program knows that what it has of that key is old.
const (
	headerFormat  = "Wisr-Format"
	headerWriter  = "Wisr-Writer"  // the open store that wrote it
	headerKey     = "Wisr-Key"     // of the entry, or the name of the invalidation, in base64: it may be any text
	headerStarted = "Wisr-Started" // RFC 3339 with nanoseconds
	headerVersion = "Wisr-Version" // of the plugin, in base64
	headerFile    = "Wisr-File"    // where the entry is if it is too large; the value is its head then
)

// errNewer is wrapped by every error about a message of a newer wisr.
var errNewer = isr.ErrNewer

// stamp is what a message's header says.
type stamp struct {
	writer, key, version, file string
	started                    time.Time
}

func (s *Store) header(key, version string, started time.Time) nats.Header {
	return nats.Header{
		headerFormat:  {strconv.Itoa(format)},
		headerWriter:  {s.id},
		headerKey:     {base64.URLEncoding.EncodeToString([]byte(key))},
		headerVersion: {base64.URLEncoding.EncodeToString([]byte(version))},
		headerStarted: {started.UTC().Format(time.RFC3339Nano)},
	}
}

// readStamp reads a header. The error wraps errNewer, and then the stamp has what this program
// understands; or it says that the message is none of ours.
func readStamp(h nats.Header) (stamp, error) {
	var s stamp
	number, err := strconv.Atoi(h.Get(headerFormat))
	if err != nil {
		return s, errors.New("it has no format")
	}
	key, keyErr := base64.URLEncoding.DecodeString(h.Get(headerKey))
	version, versionErr := base64.URLEncoding.DecodeString(h.Get(headerVersion))
	started, startedErr := time.Parse(time.RFC3339Nano, h.Get(headerStarted))
	if number > format {
		err = fmt.Errorf("format %d, this program reads %d: %w", number, format, errNewer)
		return stamp{key: string(key), started: started}, err
	}
	if err := errors.Join(keyErr, versionErr, startedErr); err != nil {
		return s, err
	}
	return stamp{writer: h.Get(headerWriter), key: string(key), version: string(version), file: h.Get(headerFile), started: started}, nil
}

// hash is the last part of a subject: names in it have to be short and of few characters.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func pageKey(key string) string { return "p." + hash(key) }

func earlierKey(key, version string) string { return "e." + hash(version) + "." + hash(key) }

// checkKey is for an entry of which only the hash of the key is known.
func checkKey(e *isr.Entry, key string) error {
	if e.Key != key {
		return fmt.Errorf("it holds %.80q, whose hash is another", e.Key)
	}
	return nil
}
