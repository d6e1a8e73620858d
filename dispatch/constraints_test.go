package dispatch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestConstraintsAreWhereTheirTableSays holds docs/constraints.md to the code: each file it names is there, each test is a
// test, each reason a reason.
func TestConstraintsAreWhereTheirTableSays(t *testing.T) {
	t.Parallel()
	table := read(t, "../docs/constraints.md")
	var tests strings.Builder
	files, err := filepath.Glob("*_test.go")
	deeper, err2 := filepath.Glob("*/*_test.go")
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, f := range append(files, deeper...) {
		tests.WriteString(read(t, f))
	}
	reasons := read(t, "reason.go")
	rows := 0
	for _, line := range strings.Split(table, "\n") {
		if strings.HasPrefix(line, "| ") && strings.Contains(line, "dispatch/constraint/") {
			rows++
			if !strings.Contains(line, "dispatch/check/") || !strings.Contains(line, "`Test") {
				t.Errorf("no checker or no test: %s", line)
			}
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			switch name := m[1]; {
			case strings.HasSuffix(name, ".go"):
				if _, err := os.Stat("../" + name); err != nil {
					t.Errorf("%s is no file", name)
				}
			case strings.HasPrefix(name, "Test"):
				if !strings.Contains(tests.String(), "func "+name+"(t *testing.T)") {
					t.Errorf("%s is no test", name)
				}
			case regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`).MatchString(name):
				if !strings.Contains(reasons, `"`+name+`"`) {
					t.Errorf("%s is no reason", name)
				}
			}
		}
	}
	if rows < 15 {
		t.Errorf("%d rows: the table is not read", rows)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
