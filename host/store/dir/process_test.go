package dir

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Some tests need processes of their own. They start this test binary again with
// helperEnv set to what it shall do, and read what it prints.
const helperEnv = "WISR_DIR_HELPER"

func TestMain(m *testing.M) {
	switch what, root, _ := strings.Cut(os.Getenv(helperEnv), " "); what {
	case "":
		os.Exit(m.Run())
	case "write":
		helperWrite(root)
	case "race":
		helperRace(root)
	case "mark":
		helperMark(root)
	}
}

// Large pages take long to write, and so are more often caught half written.
var helperKeys = []string{"/a", "/large/b", "/c", "/large/d", "/e"}

// startHelper starts a process and returns what it prints, line by line.
func startHelper(t *testing.T, what, root string, args ...int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+what+" "+root)
	for i, n := range args {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s_%d=%d", helperEnv, i, n))
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	return cmd, bufio.NewScanner(out)
}

func helperArg(i int) int {
	n, err := strconv.Atoi(os.Getenv(fmt.Sprintf("%s_%d", helperEnv, i)))
	if err != nil {
		fail(err)
	}
	return n
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// helperWrite puts one generation after the other, and now and then some
// invalidations at once, until it is killed. It prints what is stored once it is.
func helperWrite(root string) {
	d, err := Open(root, Options{})
	if err != nil {
		fail(err)
	}
	d.marks.least = 2000 // it shall be killed while it rewrites the log, too
	say := func(what string, n int) {
		if _, err := fmt.Println(what, n); err != nil {
			os.Exit(1) // nobody reads any more
		}
	}
	for n := helperArg(0); ; n++ {
		if ok, err := d.Put(context.Background(), entryOf(helperKey(n), n)); !ok || err != nil {
			fail(fmt.Errorf("put generation %d: %v, %w", n, ok, err))
		}
		say("page", n)
		if n%2 == 0 {
			var all sync.WaitGroup
			for _, inv := range invalidationsOf(n) {
				all.Go(func() {
					if err := d.Invalidate(context.Background(), inv); err != nil {
						fail(err)
					}
				})
			}
			all.Wait()
			say("invalidations", n)
		}
		if err := d.Forget(context.Background(), isr.Invalidation{Name: "tag:never marked", At: time.Unix(int64(n), 0)}); err != nil {
			fail(err)
		}
	}
}

func helperKey(n int) string { return helperKeys[n%len(helperKeys)] }

func invalidationsOf(n int) (all []isr.Invalidation) {
	for _, kind := range []string{"tag", "plugin", "path"} {
		all = append(all, isr.Invalidation{Name: fmt.Sprintf("%s:%d", kind, n%3), At: time.Unix(int64(n), 0)})
	}
	return all
}

// S144: kill -9 at any moment; afterwards every entry is whole, the last one that
// was stored or the one that was being stored.
//
//	WISR_KILLS=200 go test -run S144 ./host/store/dir
func TestS144KilledAtAnyMoment(t *testing.T) {
	kills := 20
	if s := os.Getenv("WISR_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	pages, invalidations := map[string]int{}, map[string]time.Time{} // what was said to be stored
	next := 1
	hear := func(line string) {
		t.Helper()
		what, number, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		switch {
		case err == nil && what == "page" && n == next:
			pages[helperKey(n)] = n
			next = n + 1
		case err == nil && what == "invalidations" && n == next-1:
			for _, inv := range invalidationsOf(n) {
				invalidations[inv.Name] = inv.At
			}
		default:
			t.Fatalf("the writer says %q, want page %d", line, next)
		}
	}
	for kill := range kills {
		cmd, lines := startHelper(t, "write", root, next)
		for range random.IntN(20) {
			if !lines.Scan() {
				t.Fatal("the writer ended by itself")
			}
			hear(lines.Text())
		}
		// It goes on meanwhile; it shall be anywhere in what follows, not just at its start.
		time.Sleep(time.Duration(random.Int64N(int64(10 * time.Millisecond))))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			hear(lines.Text())
		}
		cmd.Wait()

		d := openIn(t, root, Options{})
		for _, key := range helperKeys {
			n, there := pages[key]
			if key == helperKey(next) { // it may have been stored and not said
				e, err := d.Get(t.Context(), key)
				if err == nil && e.StartedAt.Equal(entryOf(key, next).StartedAt) {
					n, there = next, true
				}
			}
			if there {
				wantWhole(t, d, key, n)
				pages[key] = n
			} else {
				wantNotFound(t, d, key)
			}
		}
		all, err := d.Invalidations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		missing := maps.Clone(invalidations)
		for _, inv := range all {
			if inv.At.Before(invalidations[inv.Name]) {
				t.Errorf("kill %d: %s is of %s, want %s", kill, inv.Name, inv.At, invalidations[inv.Name])
			}
			delete(missing, inv.Name)
		}
		if len(missing) > 0 {
			t.Errorf("kill %d: %v are missing", kill, missing)
		}
		d.Close()
		next++ // that one may be there
	}
	t.Logf("%d kills, %d pages, %d names marked", kills, next, len(invalidations))
}

const racers = 3

// generations is how many each of them writes; WISR_GENERATIONS=40000 keeps them
// busy for a minute or so.
var generations = func() int {
	if n, err := strconv.Atoi(os.Getenv("WISR_GENERATIONS")); err == nil {
		return n
	}
	return 400
}()

var racedKeys = []string{"/a", "/b"}

// helperRace puts all generations of some pages, every process in the same order, and
// prints the pages and numbers that were stored.
func helperRace(root string) {
	d, err := Open(root, Options{})
	if err != nil {
		fail(err)
	}
	random := rand.New(rand.NewPCG(2, 2))
	for _, n := range random.Perm(generations) {
		for _, key := range racedKeys {
			e := entryOf(key, n) // every process has the same one: one of them may store it
			ok, err := d.Put(context.Background(), e)
			if err != nil {
				fail(err)
			}
			got, err := d.Get(context.Background(), key)
			if err != nil || got.StartedAt.Before(e.StartedAt) {
				fail(fmt.Errorf("%s after generation %d: %v, %w", key, n, got, err))
			}
			if ok {
				fmt.Println(key, n)
			}
		}
	}
	if err := d.Close(); err != nil {
		fail(err)
	}
}

// S142 S33
func TestS142ProcessesThatWriteTheSamePages(t *testing.T) {
	root := t.TempDir()
	var commands []*exec.Cmd
	var outputs []*bufio.Scanner
	for range racers {
		cmd, out := startHelper(t, "race", root)
		commands, outputs = append(commands, cmd), append(outputs, out)
	}
	var all []string
	for _, out := range outputs {
		for out.Scan() {
			all = append(all, out.Text())
		}
	}
	for _, cmd := range commands {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	if once := slices.Compact(slices.Clone(all)); len(once) != len(all) {
		t.Errorf("some generation was stored twice: %q", all)
	}
	d := opened(t, root, Options{})
	for _, key := range racedKeys {
		wantWhole(t, d, key, generations-1)
		if !slices.Contains(all, fmt.Sprint(key, " ", generations-1)) {
			t.Errorf("nobody says that it stored the last generation of %s", key)
		}
	}
}

// marksEach is how many names each of several processes marks.
const marksEach = 60

// helperMark marks names of its own, several at once, and forgets every third.
func helperMark(root string) {
	d, err := Open(root, Options{})
	if err != nil {
		fail(err)
	}
	d.marks.least = 3000
	who := helperArg(0)
	var all sync.WaitGroup
	for part := range 3 {
		all.Go(func() {
			for n := part; n < marksEach; n += 3 {
				inv := isr.Invalidation{Name: fmt.Sprintf("tag:%d-%d", who, n), At: time.Unix(int64(n), 0)}
				if err := d.Invalidate(context.Background(), inv); err != nil {
					fail(err)
				}
				if part > 0 {
					continue
				}
				if err := d.Forget(context.Background(), inv); err != nil {
					fail(err)
				}
			}
		})
	}
	all.Wait()
	if err := d.Close(); err != nil {
		fail(err)
	}
}

// S142
func TestS142ProcessesThatMarkLoseNoMark(t *testing.T) {
	root := t.TempDir()
	want := map[string]int{}
	var commands []*exec.Cmd
	for who := range racers {
		cmd, _ := startHelper(t, "mark", root, who)
		commands = append(commands, cmd)
		for n := range marksEach {
			if n%3 > 0 {
				want[fmt.Sprintf("tag:%d-%d", who, n)] = n
			}
		}
	}
	for _, cmd := range commands {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	wantMarks(t, opened(t, root, Options{}), want)
}
