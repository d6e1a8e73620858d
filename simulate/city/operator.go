package city

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"fettle/geo"
)

// Kind says what the operator does with a building or a unit.
type Kind string

// The kinds of buildings and units.
const (
	Rental Kind = "rental" // one of the operator's rental buildings, or a room in it
	Park   Kind = "park"   // a building of the business park
	Flat   Kind = "flat"   // one of the flats scattered over the city
)

// Building is a building that the operator looks after.
type Building struct {
	ID           string // "b3", "p12"
	Name         Name
	Kind         Kind
	Location     geo.Point // the entrance
	Floors       int
	RoomsAFloor  int // rooms, or offices in the business park
	HeightMeters int
	house        int // its footprint
}

// Rooms is the number of rooms or offices.
func (b *Building) Rooms() int { return b.Floors * b.RoomsAFloor }

// RoomID is the id of a room: floor and room count from 1, so b3-1204 is the fourth room on floor 12.
func (b *Building) RoomID(floor, room int) string { return fmt.Sprintf("%s-%d%02d", b.ID, floor, room) }

// Unit is a dwelling.
type Unit struct {
	ID       string // "b3-1204", "f-017"
	Kind     Kind   // Rental or Flat
	Building string // id of the rental building, "" for a flat
	Location geo.Point
	Leased   bool // somebody lives there
	Address  Name
}

// The size of the operator: 8 buildings with 1,042 rooms of which 927 (89 %) are let.
const (
	rentalLeases  = 927
	flatCount     = 120
	parkBuildings = 24
)

// rentals are the rental buildings; names are invented.
func rentals() []Building {
	rows := []struct {
		en, zh        string
		floors, rooms int
	}{
		{"Tidewater House", "观潮公寓", 14, 12},
		{"Maple Court", "枫庭公寓", 12, 12},
		{"Heron Wharf", "鹭汀公寓", 12, 11},
		{"Lantern Yard", "灯苑公寓", 9, 14},
		{"Camphor Place", "香樟公寓", 10, 12},
		{"Cloud Terrace", "云台公寓", 12, 11},
		{"Lotus Gate", "荷门公寓", 11, 10},
		{"Osmanthus Row", "桂里公寓", 10, 11},
	}
	out := make([]Building, len(rows))
	for i, r := range rows {
		out[i] = Building{
			ID: "b" + strconv.Itoa(i+1), Name: Name{r.en, r.zh}, Kind: Rental, Floors: r.floors, RoomsAFloor: r.rooms,
			HeightMeters: 3*r.floors + 4,
		}
	}
	return out
}

// operate gives the operator its buildings, rooms and flats.
func (g *ground) operate(r *rand.Rand) {
	c := g.city
	taken := map[int]bool{}
	for i, b := range rentals() {
		g.occupy(&b, g.rentalHouse(i, taken), taken)
		c.Buildings = append(c.Buildings, b)
	}
	for i, h := range g.parkHouses() {
		b := Building{
			ID: "p" + strconv.Itoa(i+1), Kind: Park, Floors: max(g.houses[h].height/4, 3), RoomsAFloor: 4 + r.IntN(7),
			HeightMeters: g.houses[h].height,
			Name:         Name{fmt.Sprintf("Binhe Park %c%d", 'A'+i/6, i%6+1), fmt.Sprintf("滨禾园区%c%d座", 'A'+i/6, i%6+1)},
		}
		g.occupy(&b, h, taken)
		c.Buildings = append(c.Buildings, b)
	}
	g.rooms(r)
	g.flats(r, taken)
}

// occupy moves a building into a house.
func (g *ground) occupy(b *Building, house int, taken map[int]bool) {
	b.house, b.Location = house, g.w.point(g.w.plane(g.houses[house].door))
	g.houses[house].height = b.HeightMeters
	taken[house] = true
}

// rentalHouse finds a house for a rental building near the place that the plan has for it, apart from all others.
func (g *ground) rentalHouse(i int, taken map[int]bool) int {
	places := []xy{
		{-1500, 500}, {300, 480}, {1900, 640}, {-2700, 1500}, {900, 1500}, {2850, 1700}, {-900, 3500}, {1600, 3700},
	}
	best, at := math.Inf(1), 0
	for h := range g.houses {
		p := &g.houses[h]
		if u := g.uses[p.block]; taken[h] || p.center.y < 0 || (u != Homes && u != Towers && u != Shops) {
			continue
		}
		if d := distance(p.center, places[i]); d < best && math.Abs(ringArea(p.ring)) > 1100 {
			best, at = d, h
		}
	}
	return at
}

// parkHouses are the largest houses of the business park, from the north-west to the south-east.
func (g *ground) parkHouses() []int {
	var all []int
	for h := range g.houses {
		if g.uses[g.houses[h].block] == Offices {
			all = append(all, h)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int {
		return int(math.Copysign(1, math.Abs(ringArea(g.houses[b].ring))-math.Abs(ringArea(g.houses[a].ring))))
	})
	all = all[:min(len(all), parkBuildings)]
	key := func(h int) float64 { p := g.houses[h].center; return math.Floor(p.y/160)*1e5 + p.x }
	slices.SortFunc(all, func(a, b int) int { return int(math.Copysign(1, key(a)-key(b))) })
	return all
}

// rooms makes the rooms of the rental buildings; as many as are not let are empty.
func (g *ground) rooms(r *rand.Rand) {
	c := g.city
	for i := range c.Buildings {
		b := &c.Buildings[i]
		if b.Kind != Rental {
			continue
		}
		for floor := 1; floor <= b.Floors; floor++ {
			for room := 1; room <= b.RoomsAFloor; room++ {
				number := fmt.Sprintf("%d%02d", floor, room)
				c.Units = append(c.Units, Unit{
					ID: b.RoomID(floor, room), Kind: Rental, Building: b.ID, Location: b.Location, Leased: true,
					Address: Name{b.Name.En + " " + number, b.Name.Zh + number + "室"},
				})
			}
		}
	}
	for _, i := range r.Perm(len(c.Units))[:len(c.Units)-rentalLeases] {
		c.Units[i].Leased = false
	}
}

// flats scatters flats over the houses of the city.
func (g *ground) flats(r *rand.Rand, taken map[int]bool) {
	homes := g.homes()
	var places []xy
	for tries := 0; len(places) < flatCount && tries < 100*flatCount; tries++ {
		h := homes[r.IntN(len(homes))]
		at := g.w.plane(g.houses[h].door)
		apart := 160 - float64(tries)/float64(flatCount) // give way when the city is full
		if taken[h] || slices.ContainsFunc(places, func(p xy) bool { return distance(p, at) < apart }) {
			continue
		}
		taken[h] = true
		places = append(places, at)
		number, door := r.IntN(180)+1, r.IntN(4)+1
		floor := r.IntN(max(g.houses[h].height/3, 1)) + 1
		street := g.streetName(at)
		g.city.Units = append(g.city.Units, Unit{
			ID: fmt.Sprintf("f-%03d", len(places)), Kind: Flat, Location: g.w.point(at), Leased: true,
			Address: Name{
				fmt.Sprintf("%d %s, %d%02d", number, street.En, floor, door),
				fmt.Sprintf("%s%d号%d%02d室", street.Zh, number, floor, door),
			},
		})
	}
}

// homes are the houses on this bank in which people live.
func (g *ground) homes() []int {
	var out []int
	for h := range g.houses {
		p := &g.houses[h]
		if u := g.uses[p.block]; p.center.y > 0 && (u == Homes || u == Towers) {
			out = append(out, h)
		}
	}
	return out
}

// streetName is the name of the street next to a place of the plane.
func (g *ground) streetName(at xy) Name {
	return g.lay.lines[g.city.net.edges[g.city.net.nearest(at).edge].line].name
}

// Building finds a building by its id.
func (c *City) Building(id string) (*Building, bool) {
	i := slices.IndexFunc(c.Buildings, func(b Building) bool { return b.ID == id })
	if i < 0 {
		return nil, false
	}
	return &c.Buildings[i], true
}
