package storagetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Migrations is a store whose schema goes up one version after the other.
type Migrations struct {
	// Versions are those of the migrations, the oldest first. The first of them makes the table schema_compatible.
	Versions []int64
	// Up brings the schema to a version.
	Up func(t *testing.T, version int64)
	// Exec runs a statement on its tables.
	Exec func(statement string) error
	// Shape is what programs use of the schema: "column TABLE.COLUMN", "index NAME" and the like, with what it is. A column
	// that an INSERT must name says so by " required".
	Shape func(t *testing.T) map[string]string
	// Lowest is what schema_compatible says.
	Lowest func(t *testing.T) int64
}

// RunCompatible holds each migration to "expand, then contract": a program of the version before it can go on, or the schema
// says that it cannot.
func RunCompatible(t *testing.T, m *Migrations) {
	t.Helper()
	m.Up(t, m.Versions[0])
	before := m.Shape(t)
	for _, v := range m.Versions[1:] {
		m.Up(t, v)
		after := m.Shape(t)
		m.judge(t, v, Broken(before, after))
		before = after
	}
	newest := m.Versions[len(m.Versions)-1]
	if lowest := m.Lowest(t); lowest > newest {
		t.Errorf("schema %d takes programs that know %d: none", newest, lowest)
	}
	m.seesWhatIsTaken(t, before)
}

// judge wants a version that breaks something to be the lowest that its programs know.
func (m *Migrations) judge(t *testing.T, version int64, broken []string) {
	t.Helper()
	if lowest := m.Lowest(t); len(broken) > 0 && lowest != version {
		t.Errorf("migration %d breaks programs of before it and says that programs may run that know %d: %s\n"+
			"leave these in place for one release, or UPDATE schema_compatible SET lowest_version = %d", version, lowest, strings.Join(broken, "; "), version)
	}
}

// seesWhatIsTaken is the saboteur: the check must see a migration that breaks the program before it.
func (m *Migrations) seesWhatIsTaken(t *testing.T, before map[string]string) {
	t.Helper()
	for _, c := range []struct{ statement, broken string }{
		{`ALTER TABLE technicians RENAME COLUMN updated_at TO changed_at`, "column technicians.updated_at is gone"},
		{`DROP INDEX work_orders_by_unit`, "index work_orders_by_unit is gone"},
		{`DROP TABLE positions`, "column positions.latitude is gone"},
	} {
		if err := m.Exec(c.statement); err != nil {
			t.Fatal(err)
		}
		if found := Broken(before, m.Shape(t)); !slices.Contains(found, c.broken) {
			t.Errorf("%s: the check sees %q, want %q", c.statement, found, c.broken)
		}
	}
}

// Broken tells what a program that uses the shape of before misses in that of after.
func Broken(before, after map[string]string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		switch was, is := before[name], after[name]; {
		case was == is:
		case is == "":
			out = append(out, name+" is gone")
		default:
			out = append(out, fmt.Sprintf("%s was %q and is %q", name, was, is))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		table, _, ok := strings.Cut(name, ".")
		if !ok || before[name] != "" || !strings.HasSuffix(after[name], " required") || !hasTable(before, table) {
			continue
		}
		out = append(out, name+" must be given and was not known")
	}
	return out
}

// hasTable reports whether any column of a table, "column TABLE", is there.
func hasTable(shape map[string]string, table string) bool {
	for name := range shape {
		if strings.HasPrefix(name, table+".") {
			return true
		}
	}
	return false
}
