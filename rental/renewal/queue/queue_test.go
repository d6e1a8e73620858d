package queue_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/queue"
)

var today = calendar.Date{Year: 2026, Month: 3, Day: 10}

func ending(id string, state lease.State, end calendar.Date) *lease.Lease {
	return &lease.Lease{ID: lease.ID(id), Tenant: "tn_" + id, State: state, Terms: []lease.Terms{{End: end}}}
}

func TestWhoIsCalledFirst(t *testing.T) {
	t.Parallel()
	weights := map[string]queue.Weight{"tn_vip": {Tag: "vip", Value: 3}, "tn_later": {Tag: "vip", Value: 3}}
	h := queue.Horizon{Today: today, Days: 90}
	var got []queue.Entry
	for _, l := range []*lease.Lease{
		ending("plain", lease.Expiring, today.Add(20)), // 71
		ending("vip", lease.Expiring, today.Add(30)),   // 183
		ending("later", lease.Active, today.Add(85)),   // 18
		ending("last", lease.Expiring, today),          // 91
		ending("edge", lease.Active, today.Add(90)),    // 1
		ending("beyond", lease.Active, today.Add(91)),
		ending("over", lease.Expired, today.Add(-1)),
		ending("gone", lease.Renewed, today.Add(10)),
		ending("open", lease.Active, calendar.Date{}),
	} {
		if e, ok := h.Judge(l, func(tenant string) queue.Weight { return weights[tenant] }); ok {
			got = append(got, e)
		}
	}
	slices.SortFunc(got, func(a, b queue.Entry) int { return cmp.Compare(a.Place(), b.Place()) })
	var shown []string
	for i := range got {
		shown = append(shown, fmt.Sprintf("%s %d %s", got[i].Lease, got[i].Score, h.Reason(&got[i])))
	}
	want := []string{
		"vip 183 vip (3) x 61: 30 of 90 days left",
		"last 91 no tag (1) x 91: 0 of 90 days left",
		"plain 71 no tag (1) x 71: 20 of 90 days left",
		"later 18 vip (3) x 6: 85 of 90 days left",
		"edge 1 no tag (1) x 1: 90 of 90 days left",
	}
	if diff := gocmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
}

// Texts of places compare as the entries do: more score first, then the earlier end, then the id.
func TestPlacesOrderAsEntries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := queue.Horizon{Today: today, Days: rapid.IntRange(1, 365).Draw(t, "days")}
		draw := func(name string) queue.Entry {
			weight := queue.Weight{Tag: "x", Value: rapid.IntRange(0, 100).Draw(t, name+" weight")}
			l := ending(rapid.StringMatching(`ls_[0-9]{2}`).Draw(t, name), lease.Active, today.Add(rapid.IntRange(0, h.Days).Draw(t, name+" days")))
			e, ok := h.Judge(l, func(string) queue.Weight { return weight })
			if !ok || e.Score < 1 {
				t.Fatalf("%+v is not queued", e)
			}
			return e
		}
		a, b := draw("a"), draw("b")
		want := cmp.Or(cmp.Compare(b.Score, a.Score), a.End.Compare(b.End), cmp.Compare(a.Lease, b.Lease))
		if got := cmp.Compare(a.Place(), b.Place()); got != want {
			t.Fatalf("%q against %q: %d, want %d", a.Place(), b.Place(), got, want)
		}
	})
}

func TestWeights(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"vip:3": true, "a:b:2": true, "vip": false, ":3": false, "vip:1": false, "vip:101": false, "vip:x": false} {
		if _, err := queue.ParseWeights([]string{text}); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	got, err := queue.ParseWeights([]string{"quiet:2", "vip:9"})
	if diff := gocmp.Diff([]queue.Weight{{Tag: "vip", Value: 9}, {Tag: "quiet", Value: 2}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := queue.ParseWeights([]string{"vip:3", "vip:4"}); err == nil {
		t.Error("a tag twice was taken")
	}
	if got, _ := queue.ParseWeights(nil); len(got) == 0 {
		t.Error("no usual weights")
	}
}
