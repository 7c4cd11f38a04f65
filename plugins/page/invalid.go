package page

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// InvalidError tells what is wrong with what a guest returned. Found and Want
// are phrases that read well after "is" and "want":
//
//	getStaticProps: "revalidate" is 0; want a whole number of seconds from 1, true or false
//
// Where Want is empty, Found is a clause of its own:
//
//	getStaticPaths: paths[3]: "/blog/x/y" does not match route "/blog/[slug]"
type InvalidError struct {
	Export string // which function returned it
	Key    string // where: "revalidate", "paths[3].params.slug"; "" for the whole
	Found  string // what is there; values are cut to about 80 bytes
	Want   string // what may be there
}

func (e *InvalidError) Error() string {
	subject := strconv.Quote(e.Key)
	switch {
	case e.Key == "" && e.Export == ExportRender:
		subject = "the body"
	case e.Key == "":
		subject = "the result"
	case e.Want == "":
		return fmt.Sprintf("%s: %s: %s", e.Export, e.Key, e.Found)
	}
	if e.Want == "" {
		return fmt.Sprintf("%s: %s is %s", e.Export, subject, e.Found)
	}
	return fmt.Sprintf("%s: %s is %s; want %s", e.Export, subject, e.Found, e.Want)
}

// shown is how many bytes of a guest's value an error repeats.
const shown = 80

// shorten prints text of a guest in an error or a log: on one line, without
// characters that a terminal acts on, and cut to about 80 bytes.
func shorten[T ~string | ~[]byte](text T) string {
	var b strings.Builder
	s := string(text[:min(len(text), shown+utf8.UTFMax)])
	for i, r := range s {
		if i >= shown {
			break
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n', r == '\r', r == '\t':
			b.WriteByte(' ')
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	if len(text) > shown {
		b.WriteString("…")
	}
	return b.String()
}

// refusal makes the errors of one export.
type refusal string

func (export refusal) is(key, found, want string) error {
	return &InvalidError{string(export), key, found, want}
}

// value is the refusal of a JSON value for what it is.
func (export refusal) value(key string, v []byte, want string) error {
	return export.is(key, shorten(v), want)
}

// under says that err is about something inside of the value named outer.
func under(outer string, err error) error {
	if e, ok := errors.AsType[*InvalidError](err); ok {
		switch {
		case e.Key == "":
			e.Key = outer
		case e.Key[0] == '[':
			e.Key = outer + e.Key
		default:
			e.Key = outer + "." + e.Key
		}
	}
	return err
}

// element is the key of a value in a list.
func element(i int) string { return "[" + strconv.Itoa(i) + "]" }
