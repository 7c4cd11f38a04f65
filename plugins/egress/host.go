package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// canonicalHost brings a host to its one spelling: an address as
// [netip.Addr.String] writes it, or a name in lower-case ASCII without the
// dot of the root. bracketed says that it stood in square brackets.
//
// Resolvers accept more spellings of an IPv4 address than four decimal
// numbers ("0x7f.1", "017700000001", "2130706433"); some see an address where
// others see a name. All but the usual one are refused, by the rule of the
// WHATWG URL Standard: a name whose last label is a number is an address.
func canonicalHost(s string, bracketed bool) (string, netip.Addr, error) {
	if bracketed {
		ip, err := netip.ParseAddr(s)
		if err != nil || !ip.Is6() {
			return "", netip.Addr{}, errors.New("what its brackets hold is not an IPv6 address")
		}
		if ip.Zone() != "" {
			return "", netip.Addr{}, errors.New("its IPv6 address has a zone")
		}
		// ::ffff:192.0.2.1 reaches 192.0.2.1, so it needs that one's entry.
		ip = ip.Unmap()
		return ip.String(), ip, nil
	}
	name, err := asciiName(strings.TrimSuffix(s, "."))
	if err != nil {
		return "", netip.Addr{}, err
	}
	if !endsInNumber(name) {
		return name, netip.Addr{}, nil
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return "", netip.Addr{}, fmt.Errorf("its host %q is not an IPv4 address of four decimal numbers", name)
	}
	return ip.String(), ip, nil
}

// asciiName checks a name and puts it in lower-case ASCII.
func asciiName(s string) (string, error) {
	if s == "" {
		return "", errors.New("it has no host")
	}
	if !isPlain(s) {
		labels := strings.Split(s, ".")
		for i, label := range labels {
			ascii, err := asciiLabel(label)
			if err != nil {
				return "", err
			}
			labels[i] = ascii
		}
		s = strings.Join(labels, ".")
	}
	// RFC 1035, 2.3.4, without the root's byte.
	if len(s) > 253 {
		return "", errors.New("its host is longer than 253 bytes")
	}
	for rest, more := s, true; more; {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		if label == "" {
			return "", errors.New("its host has an empty label")
		}
		if len(label) > 63 {
			return "", errors.New("its host has a label longer than 63 bytes")
		}
	}
	return s, nil
}

// isPlain reports whether s is a name, or names and dots, as it stands. The
// underscore is no part of a host name, but names in use have it.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '.' && !isNameByte(c) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// endsInNumber is the "ends in a number checker" of the WHATWG URL Standard.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
