// Package encode compresses a page once, when it is made, so that serving it
// never does (S54). It knows which content types are worth it and in which
// codings visitors can have them; who gets which is serve's business.
package encode

import (
	"bytes"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/wisr-dev/wisr/host/isr"
)

// The content codings that pages are kept in, best first: what a visitor gets
// who likes several equally. On pages of 10 KB brotli makes the smallest, by a tenth.
const (
	Brotli = "br"
	Zstd   = "zstd"
	Gzip   = "gzip"
)

// Levels. A page is compressed once and served many times, but at the speed of
// regeneration: these take about half a millisecond for 10 KB, all three together,
// and the highest ones twenty times that for a tenth less.
const (
	brotliLevel = 5
	gzipLevel   = 6
)

// smallest is the size from which on compressing pays: a smaller page fits
// into one packet either way.
const smallest = 1 << 10

// All returns body in every coding that makes it smaller, best first; nothing
// for what is too small or of a type that is compressed already.
func All(contentType string, body []byte) []isr.Coded {
	if len(body) < smallest || !compressible(contentType) {
		return nil
	}
	var out []isr.Coded
	for _, c := range []struct {
		coding string
		encode func([]byte) []byte
	}{{Brotli, toBrotli}, {Zstd, toZstd}, {Gzip, toGzip}} {
		if coded := c.encode(body); len(coded) < len(body) {
			out = append(out, isr.Coded{Coding: c.coding, Body: coded})
		}
	}
	return out
}

// compressible tells whether a type is text, or a format that is mostly text.
func compressible(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	switch {
	case strings.HasPrefix(t, "text/"), strings.HasSuffix(t, "+xml"), strings.HasSuffix(t, "+json"):
		return true
	}
	switch t {
	case "application/json", "application/javascript", "application/xml", "application/yaml", "application/toml", "application/wasm":
		return true
	}
	return false
}

// Encoders are costly to make and keep no state between uses.
var (
	brotliPool = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, brotliLevel) }}
	gzipPool   = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzipLevel)
		if err != nil {
			panic(err) // the level is a constant of this file
		}
		return w
	}}
	zstdEncoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // the options are constants of this file
		}
		return e
	})
)

func toBrotli(body []byte) []byte {
	w := brotliPool.Get().(*brotli.Writer)
	defer brotliPool.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(body) // into memory: it cannot fail
	_ = w.Close()
	return out.Bytes()
}

func toGzip(body []byte) []byte {
	w := gzipPool.Get().(*gzip.Writer)
	defer gzipPool.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(body) // into memory: it cannot fail
	_ = w.Close()
	return out.Bytes()
}

func toZstd(body []byte) []byte { return zstdEncoder().EncodeAll(body, nil) }
