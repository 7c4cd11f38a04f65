package page

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
)

func frameOf(text, bodies string) []byte {
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...), bodies...)
}

func TestRequestsAreFramedWithTheirBodies(t *testing.T) {
	got, err := requestFrame([]Request{
		{Method: "GET", URL: "https://a.example/?a=b&c"},
		{Method: "POST", URL: "https://b.example", Headers: map[string]string{"X": "<é>"}, Body: []byte("body\x00")},
	})
	want := frameOf(`[{"method":"GET","url":"https://a.example/?a=b&c"},{"method":"POST","url":"https://b.example","headers":{"X":"<é>"},"body":5}]`, "body\x00")
	if err != nil || string(got) != string(want) {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
}

func TestAnswersAreTakenApart(t *testing.T) {
	responses, failed, err := answerFrame(frameOf(
		`[{"status":200,"headers":{"etag":"1"},"body":3},{"error":"GET https://a.example/x: no complete answer in time: 5s"},{"status":204},{"status":404,"body":2}]`, "abcde"), 4)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%+v %v", responses, failed); got !=
		"[{Status:200 Headers:map[etag:1] Body:[97 98 99]} {Status:0 Headers:map[] Body:[]} {Status:204 Headers:map[] Body:[]} {Status:404 Headers:map[] Body:[100 101]}] [<nil> no complete answer in time: 5s <nil> <nil>]" {
		t.Error(got)
	}
	// A body cannot grow into the next one.
	_ = append(responses[0].Body, 'x')
	if string(responses[3].Body) != "de" {
		t.Errorf("the last body is %q", responses[3].Body)
	}
}

func TestABrokenAnswerIsAnError(t *testing.T) {
	for _, frame := range [][]byte{
		nil, {1, 0}, {9, 0, 0, 0, '['}, frameOf("{}", ""), frameOf("[]", ""), frameOf("[{},{}]", ""),
		frameOf(`[{"body":2}]`, "a"), frameOf(`[{"body":-1}]`, "a"), frameOf(`[`, ""),
	} {
		if _, _, err := answerFrame(frame, 1); !errors.Is(err, errFrame) {
			t.Errorf("%q: %v", frame, err)
		}
	}
}
