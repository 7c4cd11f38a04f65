package host_test

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const thisFile = "semantics_table_test.go" // whose examples are no tests

// promise is a line of testdata/semantics.txt.
type promise struct {
	number int
	later  string // the issue that will build it; "": it is built
	text   string
}

// TestEveryLineHasATest fails if a line that is built is named by no test that
// looks at a site from outside, as its visitors do: one of this package or of
// the command line. With -v it prints all tests that hold a line.
func TestEveryLineHasATest(t *testing.T) {
	named := testsByLine(t, "..")
	known := make(map[int]bool)
	for _, p := range promises(t, "../testdata/semantics.txt") {
		known[p.number] = true
		tests := named[p.number]
		switch {
		case p.later != "":
			t.Logf("S%d\tlater, issue %s", p.number, p.later)
			continue
		case !slices.ContainsFunc(tests, isBlackBox):
			t.Errorf("S%d has no test in host or cmd/wisr: %s", p.number, p.text)
		}
		t.Logf("S%d\t%s", p.number, strings.Join(tests, ", "))
	}
	for _, number := range slices.Sorted(maps.Keys(named)) {
		if !known[number] {
			t.Errorf("S%d is no line of semantics.txt, but named by %v", number, named[number])
		}
	}
}

func isBlackBox(test string) bool {
	return strings.HasPrefix(test, "host ") || strings.HasPrefix(test, "cmd/wisr ")
}

// promises reads the list of lines. Their numbers have to rise.
func promises(t *testing.T, file string) []promise {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := regexp.MustCompile(`^S(\d+)( later, issue (\d+))?: (.+)$`)
	var list []promise
	for scan := bufio.NewScanner(f); scan.Scan(); {
		if !regexp.MustCompile(`^S\d`).MatchString(scan.Text()) {
			continue
		}
		m := line.FindStringSubmatch(scan.Text())
		if m == nil {
			t.Fatalf("%s: want \"S1: text\" or \"S1 later, issue 2: text\": %s", file, scan.Text())
		}
		number, _ := strconv.Atoi(m[1])
		if len(list) > 0 && number <= list[len(list)-1].number {
			t.Fatalf("%s: S%d comes after S%d", file, number, list[len(list)-1].number)
		}
		list = append(list, promise{number, m[3], m[4]})
	}
	if len(list) == 0 {
		t.Fatalf("%s has no lines", file)
	}
	return list
}

// testsByLine finds the tests below a folder by the lines that they name.
func testsByLine(t *testing.T, root string) map[int][]string {
	t.Helper()
	named := make(map[int][]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (path != root && strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, "_test.go") || entry.Name() == thisFile {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, name := range testNames(file) {
			for _, number := range linesOf(name) {
				named[number] = append(named[number], fmt.Sprintf("%s %q", filepath.ToSlash(dir), name))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for number := range named {
		slices.Sort(named[number])
		named[number] = slices.Compact(named[number])
	}
	return named
}

// testNames are the names of a file's test functions, and of its subtests where
// they are written out: as an argument of Run, or as a string at the beginning
// of an element of a table, which a loop gives to Run.
func testNames(file *ast.File) []string {
	var names []string
	literal := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				names = append(names, s)
			}
		}
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Body == nil || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		names = append(names, f.Name.Name)
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if call, ok := n.Fun.(*ast.SelectorExpr); ok && call.Sel.Name == "Run" && len(n.Args) == 2 {
					literal(n.Args[0])
				}
			case *ast.CompositeLit:
				for i, element := range n.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok {
						literal(pair.Key) // of a map of tests
					} else if i == 0 {
						literal(element)
					}
				}
			}
			return true
		})
	}
	return names
}

var (
	lineRange = regexp.MustCompile(`S(\d+) ?[tT]o ?S?(\d+)`)
	lineName  = regexp.MustCompile(`S(\d+)`)
)

// linesOf returns the lines that the name of a test names: S12, S1ToS3.
func linesOf(name string) []int {
	var numbers []int
	for _, m := range lineRange.FindAllStringSubmatch(name, -1) {
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[2])
		for n := first; n <= last; n++ {
			numbers = append(numbers, n)
		}
	}
	for _, m := range lineName.FindAllStringSubmatch(name, -1) {
		n, _ := strconv.Atoi(m[1])
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

func TestNamesOfTestsNameLines(t *testing.T) {
	for name, want := range map[string][]int{
		"TestS1ToS3":              {1, 2, 3},
		"TestS142TwoHosts":        {142},
		"TestS30S31Failures":      {30, 31},
		"S70 fallback missing":    {70},
		"S1 to S3 and S9 as well": {1, 2, 3, 9},
		"S61ToS63 and S64":        {61, 62, 63, 64},
		"TestStart":               nil,
		"TestSHA256":              nil,
	} {
		if got := linesOf(name); !slices.Equal(got, want) {
			t.Errorf("%q names %v, want %v", name, got, want)
		}
	}
}
