package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FileError says what is wrong in a post's file, and where.
type FileError struct {
	File string // below the content folder
	Line int    // from 1
	Text string
}

func (e *FileError) Error() string {
	return fmt.Sprintf("content/%s:%d: %s", e.File, e.Line, e.Text)
}

// Slug is that of the post that the file should be.
func (e *FileError) Slug() string { return slugOf(e.File) }

// parsePost reads a file of the form
//
//	---
//	title: Stale is a feature
//	date: 2026-03-14
//	summary: One sentence for lists and search engines.
//	tags: [caching, http]
//	draft: true
//	---
//	Markdown.
//
// The lines between the rules are "key: value", a small part of YAML that
// editors know how to colour. Title, date and summary must be there.
func parsePost(file, text string) (Post, *FileError) {
	fail := func(line int, format string, args ...any) (Post, *FileError) {
		return Post{}, &FileError{file, line, fmt.Sprintf(format, args...)}
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if i := slices.IndexFunc(lines, func(s string) bool { return !utf8.ValidString(s) }); i >= 0 {
		return fail(i+1, "this line is not UTF-8")
	}
	if strings.TrimPrefix(lines[0], "\ufeff") != "---" {
		return fail(1, `want "---", the start of the front matter`)
	}
	end := slices.Index(lines[1:], "---") + 1
	if end == 0 {
		return fail(1, `the front matter that starts here has no closing "---"`)
	}

	post := Post{Meta: Meta{Slug: slugOf(file), Tags: []string{}}}
	seen := map[string]bool{}
	for i, line := range lines[1:end] {
		at := i + 2
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if key = strings.TrimSpace(key); !ok {
			return fail(at, "%q is not of the form key: value", line)
		}
		if seen[key] {
			return fail(at, "%s stands here a second time", key)
		}
		seen[key] = true
		if err := post.set(key, strings.TrimSpace(value)); err != nil {
			return fail(at, "%v", err)
		}
	}
	for _, key := range []string{"title", "date", "summary"} {
		if !seen[key] {
			return fail(1, "the front matter has no %s", key)
		}
	}
	post.Markdown = strings.TrimSpace(strings.Join(lines[end+1:], "\n")) + "\n"
	post.Minutes = minutes(post.Markdown)
	return post, nil
}

// set gives the field of a key its value.
func (p *Post) set(key, value string) (err error) {
	switch key {
	case "title":
		p.Title, err = plain(key, value)
	case "summary":
		p.Summary, err = plain(key, value)
	case "date":
		if p.Date, err = time.Parse(time.DateOnly, value); err != nil {
			return fmt.Errorf("date is %q; want a day such as 2026-03-14", value)
		}
	case "draft":
		if value != "true" && value != "false" {
			return fmt.Errorf("draft is %q; want true or false", value)
		}
		p.Draft = value == "true"
	case "tags":
		p.Tags, err = parseTags(value)
	default:
		return fmt.Errorf("unknown key %q; title, date, summary, tags and draft are known", key)
	}
	return err
}

// plain is a text on one line; quotes around it are not part of it.
func plain(key, value string) (string, error) {
	if strings.HasPrefix(value, `"`) {
		text, err := strconv.Unquote(value)
		if err != nil {
			return "", fmt.Errorf("%s is %s; the quotes do not match", key, value)
		}
		value = text
	}
	if value == "" {
		return "", fmt.Errorf("%s is empty", key)
	}
	return value, nil
}

func parseTags(value string) ([]string, error) {
	inner, open := strings.CutPrefix(value, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !open || !closed {
		return nil, fmt.Errorf("tags is %q; want a list such as [caching, http]", value)
	}
	tags := []string{}
	if strings.TrimSpace(inner) == "" {
		return tags, nil
	}
	for tag := range strings.SplitSeq(inner, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "" || strings.ContainsFunc(tag, notInTag) {
			return nil, fmt.Errorf("tag %q; want lower-case letters, digits and hyphens", tag)
		}
		if slices.Contains(tags, tag) {
			return nil, fmt.Errorf("tag %q stands here twice", tag)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// A tag is a segment of a path: nothing in it may need two spellings.
func notInTag(r rune) bool {
	letter := unicode.IsLetter(r) && !unicode.IsUpper(r)
	return r != '-' && !unicode.IsDigit(r) && !letter
}
