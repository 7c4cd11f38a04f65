package sandbox

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// S30, S32: whatever a guest does, its run ends with a failure that says what
// it was, and the next run of the module is a good one.
func TestEveryWayToFailEndsOneRun(t *testing.T) {
	u := newUpstream(t)
	spec := Spec{Name: "blog", Timeout: 30 * time.Second, Memory: 32 << 20, Output: 1 << 20}
	patient := relay(t, u, spec)
	spec.Timeout = time.Second
	hasty := relay(t, u, spec)
	const calls = "ask(i32,i32) i32\nrender() i32"
	for _, c := range []struct {
		name    string
		status  int
		body    string
		cause   Cause
		message string // all of it, * stands for anything
		stack   string // all of it
	}{
		{"error_set and a return code", 500, "post 7: no title\n at line 3", CauseError, "post 7: no title\n at line 3", ""},
		{"error_set and return 0", 622, "odd", CauseError, "odd", ""},
		{"a panic that the library caught", 500, "panic: no title\n\nmain.load\n\tmain.go:7", CauseError, "panic: no title", "main.load\n\tmain.go:7"},
		{"an empty error", 500, " ", CauseError, "an empty error message", ""},
		{"a return code alone", 507, "", CauseError, "returned 7 without an error message", ""}, // LAB 7
		{"an error, then a trap", 508, "what I meant", CauseTrap, "what I meant (unreachable)", calls},
		{"unreachable", 601, "", CauseTrap, "unreachable", calls},
		{"an endless loop", 602, "", CauseTimeout, "took longer than the 1s of [limits] timeout", ""},
		{"endless recursion", 603, "", CauseTrap, "stack overflow", ""},
		{"growing for ever", 604, "", CauseMemory, "out of memory, [limits] memory is 32MB: unreachable", calls},
		{"proc_exit(0)", 605, "0", CauseExit, "exited with code 0 instead of returning", calls}, // LAB 7
		{"proc_exit(3)", 605, "3", CauseExit, "exited with code 3 instead of returning", calls},
		{"output past the memory", 606, "x", CauseOutput, "output is said to be 1099511627776 bytes at *, which is not within Extism's memory of 1048576 bytes", calls}, // LAB 7
		{"too much output", 607, "1048577", CauseOutput, "output has 1048577 bytes, [limits] output allows 1048576", calls},                                             // LAB 7
		{"division by zero", 609, "", CauseTrap, "integer divide by zero", calls},
		{"recursion without a loop", 610, "", CauseTimeout, "took longer than the 1s of [limits] timeout", ""}, // LAB 2
		{"Extism's memory for ever", 611, "", CauseMemory, "out of memory, [limits] memory is 32MB: unreachable", calls},
		{"loading out of bounds", 612, "", CauseTrap, "out of bounds memory access", calls},
		{"a call with the wrong type", 614, "", CauseTrap, "indirect call type mismatch", calls},
		{"a panic of a language runtime", 616, "panic: oh no\n\ngoroutine 1 [running]:\nmain.render()\n", CauseTrap, "panic: oh no (unreachable)", "panic: oh no\n\ngoroutine 1 [running]:\nmain.render()\n" + calls},
		{"a sleep past the end", 617, "600000", CauseTimeout, "took longer than the 1s of [limits] timeout", ""},
		{"writing without end in one call", 626, "", CauseTimeout, "took longer than the 1s of [limits] timeout", ""},
		{"too large a variable", 619, "1048577", CauseError, `variable "big" does not fit: all variables together may have 1MB`, calls},
		{"a position outside of Extism's memory", 615, "9 99999999999999", CauseTrap, "the guest wrote over Extism's own data", "block(i32,i64) i64\n" + calls},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := patient
			if c.cause == CauseTimeout {
				m = hasty
			}
			u.answer(c.status, c.body)
			i := run(t, m)
			start := time.Now()
			f := failure(t, i, "render", nil)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			if f.Plugin != "blog" || f.Export != "render" || f.Cause != c.cause {
				t.Errorf("plugin %q, export %q, cause %q; want blog, render, %q", f.Plugin, f.Export, f.Cause, c.cause)
			}
			if before, after, _ := strings.Cut(c.message, "*"); !strings.HasPrefix(f.Message, before) || !strings.HasSuffix(f.Message, after) {
				t.Errorf("message is %q\nwant       %q", f.Message, c.message)
			}
			if c.cause != CauseTimeout && f.Stack != c.stack {
				t.Errorf("stack is %q\nwant     %q", f.Stack, c.stack)
			}
			for _, noise := range []string{"recovered by wazero", "goroutine 1 [running]:\nruntime", "wasm stack trace", "panic.go"} {
				if strings.Contains(f.Message+f.Stack, noise) {
					t.Errorf("%q is in the message or the stack", noise)
				}
			}

			// The instance is good for nothing, even if the guest would answer now.
			u.answer(200, "good")
			if again := failure(t, i, "render", nil); !strings.Contains(again.Message, "failed before") {
				t.Errorf("a second call says %q", again.Message)
			}
			i.Close()
			if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || string(out) != "good" {
				t.Errorf("the next run gives %q, %v", out, err)
			}
		})
	}
}

// What a guest leaves behind in Extism's memory must not reach the next call:
// Extism resets it without asking, and prints when that traps.
func TestAGuestThatWroteOverExtismsDataIsStoppedAtTheNextCall(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	i := run(t, m)
	u.answer(615, "9 99999999999999 1")
	if _, err := i.Call(t.Context(), "getStaticProps", nil); err != nil {
		t.Fatal(err)
	}
	if f := failure(t, i, "render", nil); f.Cause != CauseTrap || f.Message != "the guest wrote over Extism's own data" {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

// Nonsense in place of a block is no danger to the next call, which forgets it.
func TestABrokenBlockDoesNotStopTheNextCall(t *testing.T) {
	u := newUpstream(t)
	i := run(t, relay(t, u, Spec{Timeout: 5 * time.Second}))
	u.answer(615, "69 4294967284 1")
	if _, err := i.Call(t.Context(), "getStaticProps", nil); err != nil {
		t.Fatal(err)
	}
	u.answer(200, "good")
	if out, err := i.Call(t.Context(), "render", []byte("{}")); err != nil || string(out) != "good" {
		t.Errorf("got %q, %v", out, err)
	}
}

// The kernel would walk in a circle for ever, and nothing would end it.
func TestBlocksInACircleEndTheGuest(t *testing.T) {
	u := newUpstream(t)
	i := run(t, relay(t, u, Spec{Timeout: 5 * time.Second}))
	u.answer(615, "69 4294967284")
	if f := failure(t, i, "render", nil); f.Cause != CauseTrap || f.Message != "the guest wrote over Extism's own data" {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

// The caller decides what an empty output means; here it is just that.
func TestNoOutputIsReturnedAsNone(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	for _, status := range []int{613, 200} {
		u.answer(status, "")
		if out, err := run(t, m).Call(t.Context(), "render", []byte("{}")); err != nil || len(out) != 0 {
			t.Errorf("%d: got %q, %v", status, out, err)
		}
	}
}

func TestOutputUpToTheLimitComesBackWhole(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Output: 1 << 20})
	u.answer(607, "1048576")
	if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || len(out) != 1<<20 {
		t.Errorf("got %d bytes, %v", len(out), err)
	}
	page := strings.Repeat("<p>é ☃ 😀</p>", 50_000)
	u.answer(200, page)
	if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || string(out) != page {
		t.Errorf("got %d bytes, %v; want %d", len(out), err, len(page))
	}
}

func TestInputReachesTheGuestByteForByte(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "echo.wasm")})
	for _, n := range []int{0, 1, 7, 8, 9, 1000, 3 << 20} {
		input := bytes.Repeat([]byte{'a', 0, 0xff, '\n', 'b'}, n/5+1)[:n]
		i := run(t, m)
		for _, export := range []string{"render", "getStaticPaths"} {
			if out, err := i.Call(t.Context(), export, input); err != nil || !bytes.Equal(out, input) {
				t.Errorf("%s of %d bytes: got %d bytes, %v", export, n, len(out), err)
			}
		}
		want := `{"props":{"input":` + string(input) + `}}`
		if out, err := i.Call(t.Context(), "getStaticProps", input); err != nil || string(out) != want {
			t.Errorf("getStaticProps of %d bytes: got %d bytes, %v", n, len(out), err)
		}
		i.Close()
	}
}

func TestAnExportThatIsNotThereIsAFailureAndNoMore(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Name: "blog", Module: fixture(t, "hello.wasm")})
	if m.Has("getStaticProps") || !m.Has("render") {
		t.Error("Has tells something else than hello.wasm has")
	}
	i := run(t, m)
	f := failure(t, i, "getStaticProps", nil)
	if got, want := f.Error(), `plugin blog: getStaticProps: the module does not export "getStaticProps"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if out, err := i.Call(t.Context(), "render", nil); err != nil || !bytes.HasPrefix(out, []byte("<!doctype html>")) {
		t.Errorf("render after that: %q, %v", out, err)
	}
}

func TestStartAndInitialiser(t *testing.T) {
	s := box(t, Options{})
	for _, c := range []struct {
		file    string
		inRun   bool // fails in Run, else in the first Call
		cause   Cause
		message string
	}{
		{"starttrap.wasm", true, CauseTrap, "unreachable"},
		{"startloop.wasm", true, CauseTimeout, "took longer than the 1s of [limits] timeout"},
		{"starthost.wasm", true, CauseExit, "exited with code 0 instead of returning"},
		{"initloop.wasm", false, CauseTimeout, "took longer than the 1s of [limits] timeout"},
		{"inittrap.wasm", false, CauseTrap, "panic: cannot begin (unreachable in the initialiser)"},
	} {
		t.Run(c.file, func(t *testing.T) {
			m := load(t, s, Spec{Name: "blog", Module: fixture(t, c.file), Timeout: time.Second})
			i, err := m.Run(t.Context())
			if err == nil {
				defer i.Close()
			}
			if (err != nil) != c.inRun {
				t.Fatalf("Run gives %v", err)
			}
			if !c.inRun {
				_, err = i.Call(t.Context(), "render", nil)
			}
			f, ok := err.(*Failure)
			if !ok || f.Cause != c.cause || f.Message != c.message {
				t.Fatalf("got %#v, want %s: %s", err, c.cause, c.message)
			}
			if c.inRun && f.Error() != "plugin blog: "+c.message {
				t.Errorf("error is %q", f.Error())
			}
		})
	}
}

func TestTheCallersContextEndsACall(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	why := errors.New("the host is stopping")
	for _, status := range []int{602, 617} {
		u.answer(status, "600000")
		i := run(t, m)
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
		_, err := i.Call(ctx, "render", nil)
		timer.Stop()
		f, ok := err.(*Failure)
		if !ok || f.Cause != CauseCanceled || !errors.Is(err, why) || f.Message != "given up: the host is stopping" {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

func TestADeniedRequestSaysWhatToAdd(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(623, `{"url":"https://other.example/x?token=s3cret"}`)
	i := run(t, m)
	_, err := i.Call(t.Context(), "render", nil)
	var denied *egress.Denied
	if !errors.As(err, &denied) || err.(*Failure).Cause != CauseFetch {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), `add "https://other.example" to [fetch] allow in plugin.toml`) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error is %v", err)
	}
}

func TestPanicLineFindsWhatRuntimesPrint(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"starting\npanic: boom [recovered]\n\ngoroutine 1 [running]:":            "panic: boom [recovered]",
		"fatal error: all goroutines are asleep - deadlock!\n":                   "fatal error: all goroutines are asleep - deadlock!",
		"\nthread '<unnamed>' panicked at src/lib.rs:5:9:\nboom\nnote: run with": "thread '<unnamed>' panicked at src/lib.rs:5:9: boom",
		"thread 'main' panicked at 'boom', src/lib.rs:5:9\nnote: x":              "thread 'main' panicked at 'boom', src/lib.rs:5:9",
		"just a log line": "",
	} {
		if got := panicLine(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestParseTrap(t *testing.T) {
	for _, c := range []struct {
		name, text, module string
		want               trapped
	}{
		{"a trap", "wasm error: unreachable\nwasm stack trace:\n\trelay.wasm.f(i32) i32\n\trelay.wasm.render() i32", "relay.wasm", trapped{"unreachable", "f(i32) i32\nrender() i32"}},
		{"numbers in place of names say nothing", "wasm error: unreachable\nwasm stack trace:\n\t.$42() i32", "", trapped{"unreachable", ""}},
		{"some names", "wasm error: unreachable\nwasm stack trace:\n\t.$42() i32\n\t.render() i32", "", trapped{"unreachable", "$42() i32\nrender() i32"}},
		{"the stack", "stack overflow", "", trapped{"stack overflow", ""}},
		{"added functions", "out of time (recovered by wazero)\nwasm stack trace:\n\twisr.fuel(i64) i64\n\tm.wisr:fuel()\n\tm.f()", "m", trapped{"out of time", "f()"}},
		{"a host function", "no such thing (recovered by wazero)\nwasm stack trace:\n\twisr.extism:var_set(i64,i64)\n\t.render() i32", "", trapped{"no such thing", "render() i32"}},
		{"a bug of the host", "index out of range (recovered by wazero)\nwasm stack trace:\n\t.render() i32\n\nGo runtime stack trace:\ngoroutine 1 [running]:\nmain.main()", "", trapped{"index out of range", "render() i32"}},
		{"Extism's kernel", "wasm error: out of bounds memory access\nwasm stack trace:\n\t.$2(i64) (recovered by wazero)\nwasm stack trace:\n\textism:host/env.alloc(i64) i64\n\tm.render() i32", "m", trapped{"out of bounds memory access", "render() i32"}},
		{"the initialiser", "failed to initialize runtime: wasm error: unreachable\nwasm stack trace:\n\tm._initialize()", "m", trapped{"unreachable in the initialiser", "_initialize()"}},
		{"a long stack", "wasm error: unreachable\nwasm stack trace:\n\tm.f()\n\t... maybe followed by omitted frames", "m", trapped{"unreachable", "f()\n…"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := parseTrap(c.text, c.module); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
