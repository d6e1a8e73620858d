package residents_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/org/calendar"
	"fettle/simulate/city"
	"fettle/simulate/residents"
)

var day = calendar.Date{Year: 2026, Month: 11, Day: 22}

// rate counts the contracts that ended in 90 days before a day by hand.
func rate(b *residents.Book, to calendar.Date) (ended, renewed int) {
	for i := range b.Homes {
		cs := b.Homes[i].Contracts
		for k := range cs {
			if cs[k].End.Before(to) && !cs[k].End.Before(to.Add(-90)) {
				ended++
				if k+1 < len(cs) && cs[k+1].Renews {
					renewed++
				}
			}
		}
	}
	return ended, renewed
}

func TestTheStoryOfArticleB(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	b := residents.New(c, 1, day)
	let := 0
	for i := range b.Homes {
		if b.Homes[i].Current(day) != nil {
			let++
		}
	}
	if len(b.Homes) != 1042 || let != 927 {
		t.Errorf("%d rooms, %d let; want 1,042 and 927", len(b.Homes), let)
	}
	for daysAgo, want := range map[int]float64{0: residents.ShareNow, 365: residents.ShareBefore} {
		ended, renewed := rate(b, day.Add(-daysAgo))
		if got := float64(renewed) / float64(ended); math.Abs(got-want) > 0.006 || ended < 128 {
			t.Errorf("%d days ago %d of %d were renewed, want %.3f of 128 or 129", daysAgo, renewed, ended, want)
		}
	}
	under, answers := 0, 0
	draws := map[residents.Draw]int{}
	for i := range b.Homes {
		c := b.Homes[i].Current(day)
		if c == nil {
			continue
		}
		p := &b.People[c.Person]
		draws[p.Draw]++
		if p.Before >= 0 {
			answers++
			if p.Before <= 6 {
				under++
			}
		}
	}
	if got := float64(under) / float64(answers); math.Abs(got-residents.LeavingShare) > 0.02 {
		t.Errorf("%.3f of %d thought of leaving, want 0.47", got, answers)
	}
	for d, want := range map[residents.Draw]float64{residents.Company: 0.37, residents.Price: 0.29, residents.Service: 0.18, residents.Other: 0.16} {
		if got := float64(draws[d]) / float64(let); math.Abs(got-want) > 0.002 {
			t.Errorf("%s: %.3f, want %.2f", d, got, want)
		}
	}
}

func TestContractsFollowOneAnother(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	rapid.Check(t, func(t *rapid.T) {
		today := day.Add(rapid.IntRange(-800, 800).Draw(t, "day"))
		b := residents.New(c, rapid.Uint64().Draw(t, "seed"), today)
		for i := range b.Homes {
			cs := b.Homes[i].Contracts
			for k := range cs {
				x := &cs[k]
				if x.End.Before(x.Start) || x.Signed.After(today) && x.Start.Before(today) || x.RentCents <= 0 {
					t.Fatalf("%+v", *x)
				}
				if k == 0 {
					continue
				}
				before := &cs[k-1]
				if !x.Start.After(before.End) || x.Renews != (x.Person == before.Person) || x.Renews && (before.Left || x.Start != before.End.Add(1)) {
					t.Fatalf("%+v after %+v", *x, *before)
				}
			}
		}
	})
}

func TestTheSameSeedIsTheSameBook(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	one := fmt.Sprint(residents.New(c, 7, day))
	if diff := cmp.Diff(one, fmt.Sprint(residents.New(c, 7, day))); diff != "" {
		t.Error(diff)
	}
	if one == fmt.Sprint(residents.New(c, 8, day)) {
		t.Error("another seed gives the same book")
	}
}
