package sheetserver

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	sheetv1 "fettle/api/gen/fettle/sheet/v1"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/sheet"
)

// N19: whatever the file and the service have changed meanwhile, no update is lost: each cell says what the side says that changed it, and
// when both did, the service keeps its value and both are in a conflict. A merge by which the file wins loses some.
func TestNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	lost := 0
	for seed := range uint64(300) {
		for _, last := range []bool{false, true} {
			r := rand.New(rand.NewPCG(seed, 1))
			base := lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1", Number: "N0", Note: "as it was", State: lease.Active, Terms: []lease.Terms{{
				Version: 1, Class: lease.FixedTerm, Start: day(t, "2026-01-01"), End: day(t, "2026-12-31"), Rent: 350000, Cycle: lease.Monthly,
			}}}
			went := cells(&base)
			theirs, ours := scribble(r, went, "file"), scribble(r, went, "service")
			x := &importing{r: &sheetv1.ImportLeasesRequest{}}
			e := &sheet.Edited{Line: 2, Key: "L1", Base: went, Now: theirs}
			if last { // saboteur: the file is right, whatever the service has
				e.Base = ours
			}
			m := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
			now, err := amend(&base, ours, lease.Moment{At: m, Zone: time.UTC})
			if err != nil {
				t.Fatal(seed, err)
			}
			merge, err := x.merge(e, &now)
			if err != nil {
				t.Fatal(seed, err)
			}
			after := sheet.Apply(cells(&now), merge.Changes)
			for _, column := range merged() {
				if !kept(column, went[column], theirs[column], ours[column], after[column], merge.Conflicts) {
					if lost++; !last {
						t.Errorf("seed %d: %s was %q, %q in the file and %q in the service, is %q", seed, column, went[column], theirs[column], ours[column], after[column])
					}
				}
			}
		}
	}
	if lost == 0 {
		t.Error("a merge by which the file wins loses nothing: the test sees nothing")
	}
}

// kept reports whether a cell is what it should be after a merge.
func kept(column, base, theirs, ours, after string, conflicts []sheet.Conflict) bool {
	switch {
	case theirs == base:
		return after == ours
	case ours == base || ours == theirs:
		return after == theirs
	}
	for _, c := range conflicts {
		if c.Column == column && c.Theirs == theirs && c.Ours == ours && c.Base == base {
			return after == ours
		}
	}
	return false
}

// scribble changes some cells as somebody would.
func scribble(r *rand.Rand, row sheet.Row, who string) sheet.Row {
	out := sheet.Row{}
	for name, text := range row {
		out[name] = text
	}
	values := map[string]string{
		"number": fmt.Sprintf("N%d", r.IntN(3)), "endDate": fmt.Sprintf("2027-0%d-15", 1+r.IntN(3)), "rent": fmt.Sprintf("%d.00", 3500+100*r.IntN(3)),
		"note": who, "paymentCycle": []string{"MONTHLY", "QUARTERLY"}[r.IntN(2)],
	}
	for _, column := range merged() {
		if value, ok := values[column]; ok && r.IntN(2) == 0 {
			out[column] = value
		}
	}
	return out
}

func day(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"3500": 350000, "3500.5": 350050, "3500.50": 350050, "0.01": 1, "": 0, "3500.500": 350050} {
		if got, err := fen("rent", text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"-1", "1,000", "1e3", "3500.505", "12.3.4", "x", "+5"} {
		if got, err := fen("rent", text); err == nil {
			t.Errorf("%q is %d, want an error", text, got)
		}
	}
}
