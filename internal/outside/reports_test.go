package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// said are faults as three people of one dwelling tell of them.
var said = [][3]string{
	{"kitchen tap is dripping", "the tap in the kitchen drips all night", "Kitchen tap drips"},
	{"厨房水龙头漏水", "厨房的水龙头一直滴水", "水龙头漏水，在厨房"},
	{"toilet is blocked", "the toilet is blocked again", "Toilet blocked!"},
	{"马桶堵了", "卫生间马桶堵住了", "马桶堵塞"},
	{"shower drain is clogged", "the drain of the shower is clogged", "Shower drain clogged, water stands"},
	{"下水道堵了", "卫生间下水道堵塞", "下水道堵住了"},
}

// noise is what happens to words on their way.
func noise(rng *rand.Rand, text string) string {
	switch rng.IntN(4) {
	case 0:
		return strings.ToUpper(text)
	case 1:
		return text + "!!"
	case 2:
		return "  " + strings.ReplaceAll(text, " ", "  ") + " "
	}
	return text
}

// TestOneFaultByThreeChannels lets three people report one fault of their dwelling by three channels, some at the same moment
// (R-C4): the reports are linked, and none is dropped.
func TestOneFaultByThreeChannels(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 8)
	faults := count(60, 500, "FETTLE_TORTURE_FAULTS")
	rng := rand.New(rand.NewPCG(seed(t), 4))
	fail, check := failures(t)
	linked := 0
	for n := range faults {
		where, words := place(rng), said[n%len(said)]
		bodies := requests(3, func(i int) request {
			body := newOrder(rng, fmt.Sprintf("flat-%d", n))
			body["location"], body["description"], body["channel"] = where, noise(rng, words[i]), []string{"APP", "WECHAT", "PHONE"}[i]
			return request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("fault-%d-%d", n, i), body: encode(body)}
		})
		var told [3]struct{ ID, State, MergedInto string }
		var dropped atomic.Int64
		post := func(i int) {
			if err := decode(s.send(bodies[i]), &told[i]); err != nil {
				dropped.Add(1)
				fail("DROPPED: fault %d: %v", n, err)
			}
		}
		if n%2 == 0 {
			together(3, post)
		} else {
			for i := range 3 {
				post(i)
			}
		}
		if dropped.Load() > 0 {
			break
		}
		linked += oneFault(s, n, told[:], fail)
	}
	check()
	if want := 2 * faults * 99 / 100; linked < want {
		t.Errorf("NOT LINKED: %d of %d reports are linked, want %d", linked, 2*faults, want)
	}
	s.alive()
	t.Logf("%d of %d reports of %d faults are linked", linked, 2*faults, faults)
}

// oneFault counts the reports that are linked to another, and wants every one of them to be found.
func oneFault(s *service, n int, told []struct{ ID, State, MergedInto string }, fail func(string, ...any)) (linked int) {
	s.t.Helper()
	main := ""
	for _, o := range told {
		var is struct{ ID, State, Description, Channel, MergedInto string }
		s.read("/v1/workOrders/"+o.ID, &is)
		switch {
		case is.Description == "" || is.Channel == "":
			fail("DROPPED: fault %d: report %s has no words or channel: %+v", n, o.ID, is)
		case is.State == "MERGED":
			linked++
			main = is.MergedInto
		}
	}
	if linked == 0 {
		return 0
	}
	var list struct {
		Reports []struct{ WorkOrderID, Channel string }
	}
	s.read("/v1/workOrders/"+main+"/reports", &list)
	if len(list.Reports) != linked+1 {
		fail("DROPPED: fault %d: %d reports are linked, the order lists %d with its own", n, linked, len(list.Reports))
	}
	return linked
}

// reportSaboteurs break what TestOneFaultByThreeChannels holds the service to.
func reportSaboteurs() []saboteur {
	return []saboteur{
		{
			"links no report to another",
			[]edit{{"dispatch/engine/duplicate.go", "repeatWithin = 14 * 24 * time.Hour", "repeatWithin = 0 * time.Hour"}},
			"TestOneFaultByThreeChannels", "NOT LINKED",
		},
		{
			"forgets who else has reported",
			[]edit{{"dispatch/engine/evolve.go", "o.Reports = append(slices.Clone(o.Reports), ev.Report)", "o.Reports = append(o.Reports[:0:0], ev.Report)"}},
			"TestOneFaultByThreeChannels", "DROPPED",
		},
	}
}
