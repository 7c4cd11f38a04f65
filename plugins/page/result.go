package page

import (
	"bytes"
	"encoding/json"
	"time"
)

// Result is a valid result of getStaticProps.
type Result struct {
	Kind       Kind
	Props      json.RawMessage // KindProps: a JSON object, byte for byte as the guest wrote it (S82)
	Redirect   Redirect        // KindRedirect only
	Revalidate time.Duration   // whole seconds; 0: never, the guest said false or nothing (S8)
	Expire     time.Duration   // whole seconds; 0: the site's
	Tags       []string        // each once, in the guest's order
	Header     []Field         // KindProps: canonical names, sorted, each once (S43)
	Status     int             // of the answer: 200 unless the guest set it; 404 for KindNotFound, the redirect's for KindRedirect
}

const (
	// A hundred years: beyond it lies a guest that counts in milliseconds since 1970.
	maxSeconds = 100 * 365 * 24 * 60 * 60

	maxTags = 128 // S83
	maxTag  = 256 // bytes
)

// DecodeResult reads and checks what getStaticProps returned (S80–S83, S43).
// The error is an [*InvalidError]; the Result shares no memory with data.
func DecodeResult(data []byte) (Result, error) {
	const export = refusal(ExportProps)
	if err := checkJSON(export, data); err != nil {
		return Result{}, err
	}
	var props, notFound, redirect, revalidate, expire, tags, headers, status []byte
	err := export.read(data,
		field{"props", &props}, field{"notFound", &notFound}, field{"redirect", &redirect},
		field{"revalidate", &revalidate}, field{"tags", &tags}, field{"expire", &expire},
		field{"headers", &headers}, field{"status", &status})
	if err != nil {
		return Result{}, err
	}
	if err := export.exactlyOne(data, field{"props", &props}, field{"notFound", &notFound}, field{"redirect", &redirect}); err != nil {
		return Result{}, err
	}

	r := Result{Status: 200}
	switch {
	case props != nil:
		if !isObject(props) {
			return Result{}, export.value("props", props, "a JSON object")
		}
		r.Props = bytes.Clone(props)
	case notFound != nil:
		if !isTrue(notFound) {
			return Result{}, export.value("notFound", notFound, "true, or no such key")
		}
		r.Kind, r.Status = KindNotFound, 404
	default:
		if r.Redirect, err = export.redirect(redirect); err != nil {
			return Result{}, under("redirect", err)
		}
		r.Kind, r.Status = KindRedirect, r.Redirect.StatusCode
	}

	if r.Revalidate, err = export.revalidate(revalidate); err != nil {
		return Result{}, err
	}
	if expire != nil {
		if r.Expire, err = export.seconds("expire", expire, "a whole number of seconds from 1"); err != nil {
			return Result{}, err
		}
	}
	if r.Tags, err = export.tags(tags); err != nil {
		return Result{}, under("tags", err)
	}
	for _, f := range []field{{"headers", &headers}, {"status", &status}} {
		if *f.value != nil && r.Kind != KindProps {
			return Result{}, export.is(f.key, shorten(*f.value)+", given without \"props\"", "it only together with \"props\"")
		}
	}
	if r.Header, err = export.headers(headers); err != nil {
		return Result{}, under("headers", err)
	}
	if status != nil {
		if r.Status, err = export.status(status); err != nil {
			return Result{}, err
		}
	}
	return r, nil
}

// exactlyOne refuses none and two of the three answers (S80).
func (export refusal) exactlyOne(data []byte, answers ...field) error {
	want := "exactly one of " + list(answers)
	var first *field
	for i, f := range answers {
		switch {
		case *f.value == nil:
		case first == nil:
			first = &answers[i]
		default:
			return export.is(f.key, shorten(*f.value)+", given beside \""+first.key+"\"", want)
		}
	}
	if first == nil {
		return export.value("", bytes.TrimSpace(data), want)
	}
	return nil
}

func (export refusal) revalidate(v []byte) (time.Duration, error) {
	switch {
	case v == nil, isFalse(v):
		return 0, nil
	case isTrue(v):
		return time.Second, nil
	}
	return export.seconds("revalidate", v, "a whole number of seconds from 1, true or false")
}

func (export refusal) seconds(key string, v []byte, want string) (time.Duration, error) {
	n, ok := whole(v)
	switch {
	case !ok, n == 0:
		return 0, export.value(key, v, want)
	case n > maxSeconds:
		return 0, export.value(key, v, "at most 3153600000 seconds, a hundred years")
	}
	return time.Duration(n) * time.Second, nil
}

// status accepts what a page with a body can have. Redirects have a key of
// their own, and answers without a body or with a part of one are made by the
// server.
func (export refusal) status(v []byte) (int, error) {
	n, ok := whole(v)
	switch {
	case ok && 300 <= n && n <= 399 && n != 304:
		return 0, export.value("status", v, `a status from 200 to 599; redirect by the key "redirect"`)
	case !ok, n < 200, n > 599, n == 204, n == 205, n == 206, n == 304:
		return 0, export.value("status", v, "a status from 200 to 599 that can have a page: not 204, 205, 206 or 3xx")
	}
	return int(n), nil
}
