package isr

import (
	"slices"
	"strings"
	"time"
)

// prefixes are marks of sources that end in *, sorted by what is before that.
type prefixes []prefix

type prefix struct {
	name Name
	at   time.Time
}

func (p prefix) start() string { return p.name.Value[:len(p.name.Value)-1] }

// find returns where the prefix with a start is, or would be.
func (list prefixes) find(start string) (int, bool) {
	return slices.BinarySearchFunc(list, start, func(p prefix, start string) int { return strings.Compare(p.start(), start) })
}

// with returns list with a mark that is new or later than the one of its name.
func (list prefixes) with(n Name, at time.Time) prefixes {
	i, known := list.find(prefix{name: n}.start())
	if known {
		list[i].at = at
		return list
	}
	return slices.Insert(list, i, prefix{n, at})
}

// without returns list without the mark of a name.
func (list prefixes) without(n Name) prefixes {
	if i, known := list.find(prefix{name: n}.start()); known {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// each calls fn for every mark whose start s begins with.
//
// All of these are at or before s in the list, and whatever is between one of them and
// s begins with it too. So each step finds the nearest, and then looks no further
// than what that has in common with s: a few binary searches, however many there are.
func (list prefixes) each(s string, fn func(Name, time.Time)) {
	for most := s; ; {
		i, found := list.find(most)
		if !found {
			if i--; i < 0 {
				return
			}
		}
		start := list[i].start()
		n := common(start, s)
		switch {
		case n < len(start):
			most = s[:n]
		case n == 0:
			fn(list[i].name, list[i].at)
			return
		default:
			fn(list[i].name, list[i].at)
			most = s[:n-1]
		}
	}
}

// common is the length of what two strings begin with alike.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
