package plan_test

import (
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/geo"
)

// A leak is reported while two plumbers are at home: the board offers both, places the visit with the nearer, and offers
// the lamp next door to her as well, for hardly more way.
func ExampleBoard() {
	home := []geo.Point{{Lat: 30.20, Lon: 120.20}, {Lat: 30.30, Lon: 120.30}}
	travel, err := geo.NewGlobe(home, 0.15, geo.RoundNearest) // seconds a metre
	if err != nil {
		fmt.Println(err)
		return
	}
	p := &dispatch.Problem{
		Travel: []dispatch.Travel{{Time: travel}},
		Policy: dispatch.Policy{Unserved: dispatch.UnservedPolicy{PerVisit: 100_000}},
	}
	for i, id := range []dispatch.TechnicianID{"ann", "bo"} {
		p.Places = append(p.Places, dispatch.Place{Point: home[i], OnGlobe: true})
		p.Technicians = append(p.Technicians, dispatch.Technician{
			ID: id, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}}, Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{Start: 8 * 3600, End: 17 * 3600, LatestDeparture: dispatch.NoTick, StartPlace: int32(i), EndPlace: int32(i)}},
		})
	}
	board, err := plan.NewBoard(p, nil, plan.BoardOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	leak, err := board.AddAt(dispatch.Visit{
		ID: "leak", OnSite: 1800, Due: dispatch.NoTick,
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}},
	}, geo.Point{Lat: 30.21, Lon: 120.21})
	if err != nil {
		fmt.Println(err)
		return
	}
	offers, err := board.Offer(leak)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range offers {
		fmt.Println(p.Technicians[o.Technician].ID, "for", o.Difference, "from", o.Start)
	}
	if err := board.Place(leak, offers[0]); err != nil {
		fmt.Println(err)
		return
	}
	lamp, err := board.AddAt(dispatch.Visit{ID: "lamp", OnSite: 600, Due: dispatch.NoTick}, geo.Point{Lat: 30.211, Lon: 120.21})
	if err != nil {
		fmt.Println(err)
		return
	}
	best, unassigned, err := board.Insert(lamp)
	fmt.Println(p.Technicians[best.Technician].ID, "for", best.Difference, unassigned, err)
	// Output:
	// ann for 440 from 29020
	// bo for 3968 from 30784
	// ann for 30 <nil> <nil>
}
