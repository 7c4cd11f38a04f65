package egress

import (
	"strings"
	"testing"
)

// Samples of RFC 3492, 7.1, and names in use.
func TestInternationalLabelsAreEncodedAsRFC3492Says(t *testing.T) {
	for label, want := range map[string]string{
		"ليهمابتكلموشعربي؟":            "", // a question mark is in no host name
		"他们为什么不说中文":                    "xn--ihqwcrb4cv8a8dqg056pqjye",
		"他們爲什麽不說中文":                    "xn--ihqwctvzc91f659drss3x8bo0yb",
		"למההםפשוטלאמדבריםעברית":       "xn--4dbcagdahymbxekheh6e0a7fei0b",
		"почемужеонинеговорятпорусски": "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
		"なぜみんな日本語を話してくれないのか":           "xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
		"bücher":                   "xn--bcher-kva",
		"BÜCHER":                   "xn--bcher-kva",
		"straße":                   "xn--strae-oqa",
		"ΕΛΛΆΔΑ":                   "xn--hxakic4aa",
		"भारत":                     "xn--h2brj9c",
		"한국":                       "xn--3e0b707e",
		"рф":                       "xn--p1ai",
		"3年b組金八先生":                 "xn--3b-ww4c5e180e575a65lsy2b",
		"安室奈美恵-with-SUPER-MONKEYS": "xn---with-super-monkeys-pc58ag80a8qai00g7n9n",
		"ひとつ屋根の下2":                 "xn--2-u9tlzr9756bt3uc0v",
		"maji":                     "maji",
		"Host_Name-9":              "host_name-9",
		"xn--bcher-kva":            "xn--bcher-kva",
	} {
		got, err := asciiLabel(label)
		if want == "" {
			if err == nil {
				t.Errorf("%s: %s", label, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", label, got, err, want)
		}
	}
}

func TestALabelWithNoRoomIsRefused(t *testing.T) {
	for _, label := range []string{strings.Repeat("ü", 60), strings.Repeat("ü", 5000), strings.Repeat("a", 58) + "ü"} {
		if got, err := asciiLabel(label); err == nil {
			t.Errorf("%d characters: %s", len(label), got)
		}
	}
}
