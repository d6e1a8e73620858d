package slides

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/adapter/pdf"
)

// TestCountsGoOn: what is counted is the same whether a restart lies between two rows or not, and each lease in force that ends within 90 days
// is in the column of the days that it has left.
func TestCountsGoOn(t *testing.T) {
	t.Parallel()
	whole, c := leases{Day: "2026-02-27"}, leases{Day: "2026-02-27"}
	for i, end := range []string{"2026-02-26", "2026-02-27", "2026-03-06", "2026-03-07", "2026-05-28", "2026-05-29", "", "no day 123"} {
		l := &rentalv1.Lease{State: rentalv1.Lease_ACTIVE, EndDate: end, RentCents: 100}
		if i%2 == 0 {
			l.State = rentalv1.Lease_EXPIRING
		}
		whole.add(l)
		body, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		c = leases{}
		if err := json.Unmarshal(body, &c); err != nil {
			t.Fatal(err)
		}
		c.add(l)
	}
	c.add(&rentalv1.Lease{State: rentalv1.Lease_EXPIRED, EndDate: "2026-03-01", RentCents: 7})
	whole.add(&rentalv1.Lease{State: rentalv1.Lease_EXPIRED, EndDate: "2026-03-01", RentCents: 7})
	if diff := cmp.Diff(whole, c); diff != "" {
		t.Error(diff)
	}
	if want := [4]int64{2, 1, 0, 1}; c.Soon != want || c.Rent != 800 {
		t.Errorf("%v, rent %d: want %v, 800", c.Soon, c.Rent, want)
	}
}

// TestRowsAreBounded: however many names there are, the bars fit, the largest come first and nothing is lost.
func TestRowsAreBounded(t *testing.T) {
	t.Parallel()
	var many tally
	for i := range 700 {
		for range i%20 + 1 {
			many.add(fmt.Sprint("name ", i))
		}
	}
	bars, _ := many.rows(tongue{}).(pdf.Rows)
	sum := 0.0
	for _, b := range bars {
		sum += b.Value
	}
	if len(many) > 501 || len(bars) != 14 || int64(sum) != many.total() || bars[0].Value < bars[1].Value {
		t.Errorf("%d names, %d bars of %v, %d in all", len(many), len(bars), sum, many.total())
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		whole(1234567): "1,234,567", whole(-1000): "-1,000", whole(999): "999", yuan(350050): "¥3,501", percent(0.574): "57.4 %",
		tongueOf("zh-Hans").name("ACTIVE"): "生效中", tongueOf("").name("ACTIVE"): "active", tongueOf("de").name("KNOWN_TO_NOBODY"): "KNOWN_TO_NOBODY",
		written("MINUTES", 119): "119 min", written("MINUTES", 150): "2.5 h", written("STARS", 4.5): "4.50", written("COUNT", 1200): "1,200",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
