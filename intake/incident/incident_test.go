package incident

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

var noon = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)

func order(id string, after time.Duration, state engine.State) *engine.Order {
	o := &engine.Order{ID: dispatch.WorkOrderID(id), Created: noon.Add(after), State: state}
	o.UnitID, o.Skills = "un_"+id, []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}
	return o
}

// world is orders and what happens to them.
type world map[dispatch.WorkOrderID]*engine.Order

func (w world) apply(a *engine.Act) {
	o := w[a.Order]
	switch a.Verb { //nolint:exhaustive // others are none of an incident's
	case engine.Merge:
		o.State, o.MergedInto = engine.StateMerged, a.Into
	case engine.Unmerge:
		o.State, o.MergedInto = engine.StateNew, ""
	}
}

// settle carries out what is pending; lost is how many commands are carried out without anybody hearing of it.
func (w world) settle(i *Incident, lost int) {
	for _, m := range i.Pending() {
		for range 5 {
			a := i.Step(m, w[m.Order])
			if a == nil {
				break
			}
			w.apply(a)
			if lost--; lost >= 0 {
				return
			}
		}
	}
}

// TestLife: orders are grouped but those that somebody is at, told once a dwelling, and released or done with the one that repairs
// the cause.
func TestLife(t *testing.T) {
	t.Parallel()
	w := world{
		"a": order("a", 0, engine.StateWorking), "b": order("b", time.Minute, engine.StateAssigned), "c": order("c", 2*time.Minute, engine.StateEnRoute),
		"d": order("d", 3*time.Minute, engine.StateNew),
	}
	w["d"].UnitID = w["b"].UnitID
	i, err := Begin("burst main", "pr_1", w["a"])
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Group(noon, []*engine.Order{w["b"], w["c"], w["d"], w["b"]}); err != nil {
		t.Fatal(err)
	}
	w.settle(&i, 1) // merged, and then the process died
	w.settle(&i, 0)
	states := func() (out []string) {
		for _, m := range i.Members {
			out = append(out, fmt.Sprintf("%s %s %s", m.Order, m.State, w[m.Order].State))
		}
		return out
	}
	if diff := cmp.Diff([]string{"b GROUPED MERGED", "c APART EN_ROUTE", "d GROUPED MERGED"}, states()); diff != "" {
		t.Error(diff)
	}
	if told := i.Affected(); len(told) != 3 {
		t.Errorf("%d dwellings are told: %v", len(told), told)
	}
	var conflict *engine.ConflictError
	if err := i.Close(noon, "repaired", false, w["a"]); !errors.As(err, &conflict) || conflict.Reason != "ORDER_NOT_DONE" {
		t.Errorf("closed while somebody works: %v", err)
	}
	if err := i.Ungroup(noon, []dispatch.WorkOrderID{"d"}, "another leak"); err != nil {
		t.Fatal(err)
	}
	if err := i.Ungroup(noon, []dispatch.WorkOrderID{"x"}, ""); err == nil {
		t.Error("an order that is no member was ungrouped")
	}
	w.settle(&i, 0)
	w["a"].State = engine.StateCompleted
	if err := i.Close(noon, "repaired", false, w["a"]); err != nil {
		t.Fatal(err)
	}
	w.settle(&i, 0)
	if diff := cmp.Diff([]string{"b GROUPED MERGED", "c APART EN_ROUTE", "d RELEASED NEW"}, states()); diff != "" {
		t.Error(diff)
	}
	if err := i.Group(noon, nil); !errors.As(err, &conflict) {
		t.Errorf("grouped after it was closed: %v", err)
	}
	if _, err := Begin("late", "", w["a"]); !errors.As(err, &conflict) {
		t.Errorf("an incident about an order that is done: %v", err)
	}
}

// TestRelease: what a closed incident releases is dispatched, however often the process dies.
func TestRelease(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := world{"main": order("main", 0, engine.StateNew)}
		var orders []*engine.Order
		for j := range rapid.IntRange(1, 8).Draw(t, "orders") {
			o := order(fmt.Sprint(j), time.Duration(j)*time.Minute, rapid.SampledFrom([]engine.State{engine.StateNew, engine.StateOnSite, engine.StateAccepted}).Draw(t, "state"))
			w[o.ID], orders = o, append(orders, o)
		}
		i, err := Begin("x", "", w["main"])
		if err == nil {
			err = i.Group(noon, orders)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.settle(&i, rapid.IntRange(0, 2).Draw(t, "dies"))
		if err := i.Close(noon, "nothing", true, w["main"]); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			w.settle(&i, rapid.IntRange(0, 1).Draw(t, "dies again"))
		}
		w.settle(&i, 0)
		for _, m := range i.Members {
			if m.State != Released || w[m.Order].State == engine.StateMerged {
				t.Errorf("%s is %s, its order %s", m.Order, m.State, w[m.Order].State)
			}
		}
	})
}

// TestSuggest: three of a trade within two hours from one building, and further ones of an incident that is open there.
func TestSuggest(t *testing.T) {
	t.Parallel()
	from := func(building string, orders ...*engine.Order) (out []Report) {
		for _, o := range orders {
			out = append(out, Report{Order: o, Building: building, Property: building})
		}
		return out
	}
	urgent := order("c", 100*time.Minute, engine.StateNew)
	urgent.Urgency = dispatch.UrgencyEmergency
	wired := order("w", 0, engine.StateNew)
	wired.Skills[0].Skill = "electrical"
	reports := append(from("b1", order("z", -90*time.Minute, engine.StateNew), order("a", 0, engine.StateNew), order("b", time.Hour, engine.StateAssigned), urgent, wired),
		from("b2", order("d", 0, engine.StateNew), order("e", 3*time.Hour, engine.StateNew), order("f", 6*time.Hour, engine.StateNew))...)
	reports = append(reports, from("", order("g", 0, engine.StateNew), order("h", 0, engine.StateNew), order("i", 0, engine.StateNew))...)
	show := func(all []Suggestion) (out []string) {
		for _, s := range all {
			text := fmt.Sprint(s.Property, " ", s.Trade, " ", s.Main, " ", s.Incident, ":")
			for _, o := range s.Orders {
				text += " " + string(o.ID)
			}
			out = append(out, text)
		}
		return out
	}
	if diff := cmp.Diff([]string{"b1 plumbing c : a b c"}, show(Suggest(reports, nil, 2*time.Hour, 3))); diff != "" {
		t.Error(diff)
	}
	standing := []Standing{{"in_1", &Incident{Property: "b2", Trade: "plumbing", Main: "d"}}}
	if diff := cmp.Diff([]string{"b1 plumbing c : a b c", "b2 plumbing d in_1: e f"}, show(Suggest(reports, standing, 2*time.Hour, 3))); diff != "" {
		t.Error(diff)
	}
	if got := show(Suggest(reports, nil, time.Hour, 3)); got != nil {
		t.Errorf("within an hour: %v", got)
	}
}
