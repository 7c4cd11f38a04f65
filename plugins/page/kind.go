package page

import "fmt"

// Kind is which of its three answers getStaticProps gave.
type Kind uint8

const (
	KindProps    Kind = iota // a page, to be rendered
	KindNotFound             // the site's 404 page
	KindRedirect
)

var kindNames = [...]string{KindProps: "page", KindNotFound: "notFound", KindRedirect: "redirect"}

// String returns "page", "notFound" or "redirect".
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// MarshalText is String for encoders; an unknown value is an error.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= len(kindNames) {
		return nil, fmt.Errorf("no such kind of page: %d", uint8(k))
	}
	return []byte(kindNames[k]), nil
}

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("no such kind of page: %s; want page, notFound or redirect", shorten(text))
}
