package city

import (
	"fmt"
	"math/rand/v2"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// The trades of the demo.
const (
	Plumbing   dispatch.Skill = "plumbing"
	Electrical dispatch.Skill = "electrical"
	HVAC       dispatch.Skill = "hvac"
	Appliance  dispatch.Skill = "appliance"
	Locks      dispatch.Skill = "locks"
	Carpentry  dispatch.Skill = "carpentry"
	Gas        dispatch.Skill = "gas"
	Network    dispatch.Skill = "network"
)

// Skills lists the trades.
func Skills() []dispatch.Skill {
	return []dispatch.Skill{Plumbing, Electrical, HVAC, Appliance, Locks, Carpentry, Gas, Network}
}

// Turn is the part of the day in which a technician works.
type Turn string

// The turns.
const (
	DayTurn   Turn = "day"   // 08:00-17:00
	LateTurn  Turn = "late"  // 12:00-21:00
	NightTurn Turn = "night" // 21:00-06:00 of the next day
)

// Hours is when the turn begins and ends, from local midnight; the end of a night lies beyond 24 h.
func (t Turn) Hours() (start, end time.Duration) {
	switch t {
	case LateTurn:
		return 12 * time.Hour, 21 * time.Hour
	case NightTurn:
		return 21 * time.Hour, 30 * time.Hour
	}
	return 8 * time.Hour, 17 * time.Hour
}

// Shift is one working interval of every week.
type Shift struct {
	Weekday    time.Weekday  // on which it begins
	Start, End time.Duration // from local midnight of that day; End may lie beyond 24 h
}

// Technician repairs things. Names are invented.
type Technician struct {
	ID     dispatch.TechnicianID // "t-07"
	Name   Name
	Skills []dispatch.SkillLevel // levels 1 to 3
	Tools  []string              // carried every day
	Home   geo.Point             // where shifts start and end
	Turn   Turn
	Shifts []Shift // five a week, by weekday from Sunday
}

// crew is a number of technicians with the same training.
type crew struct {
	turn   Turn
	count  int
	skills []dispatch.SkillLevel
}

// crews is the staff: 26 by day, 10 late, 4 at night.
func crews() []crew {
	return []crew{
		{DayTurn, 5, []dispatch.SkillLevel{{Skill: Plumbing, Level: 3}, {Skill: Gas, Level: 1}, {Skill: Carpentry, Level: 1}}},
		{DayTurn, 4, []dispatch.SkillLevel{{Skill: Electrical, Level: 3}, {Skill: Network, Level: 2}, {Skill: Locks, Level: 1}}},
		{DayTurn, 7, []dispatch.SkillLevel{{Skill: HVAC, Level: 3}, {Skill: Electrical, Level: 2}}},
		{DayTurn, 2, []dispatch.SkillLevel{{Skill: Appliance, Level: 3}, {Skill: Electrical, Level: 2}, {Skill: Plumbing, Level: 1}}},
		{DayTurn, 3, []dispatch.SkillLevel{{Skill: Carpentry, Level: 3}, {Skill: Locks, Level: 3}, {Skill: Plumbing, Level: 1}}},
		{DayTurn, 2, []dispatch.SkillLevel{{Skill: Gas, Level: 3}, {Skill: Plumbing, Level: 2}, {Skill: Appliance, Level: 2}}},
		{DayTurn, 3, []dispatch.SkillLevel{{Skill: Network, Level: 3}, {Skill: Electrical, Level: 2}, {Skill: Carpentry, Level: 1}}},
		{LateTurn, 3, []dispatch.SkillLevel{{Skill: Plumbing, Level: 3}, {Skill: Gas, Level: 3}, {Skill: Carpentry, Level: 2}}},
		{LateTurn, 3, []dispatch.SkillLevel{{Skill: Electrical, Level: 3}, {Skill: Network, Level: 3}, {Skill: Locks, Level: 2}}},
		{LateTurn, 2, []dispatch.SkillLevel{{Skill: HVAC, Level: 3}, {Skill: Appliance, Level: 3}, {Skill: Electrical, Level: 2}}},
		{LateTurn, 2, []dispatch.SkillLevel{{Skill: Locks, Level: 3}, {Skill: Carpentry, Level: 3}, {Skill: Appliance, Level: 2}, {Skill: HVAC, Level: 2}}},
		{NightTurn, 4, []dispatch.SkillLevel{
			{Skill: Plumbing, Level: 3},
			{Skill: Electrical, Level: 3},
			{Skill: Locks, Level: 3},
			{Skill: Gas, Level: 3},
			{Skill: HVAC, Level: 2},
			{Skill: Network, Level: 3},
			{Skill: Appliance, Level: 2},
			{Skill: Carpentry, Level: 2},
		}},
	}
}

// toolsFor is what a trade carries.
func toolsFor(s dispatch.Skill) []string {
	switch s {
	case Plumbing:
		return []string{"drain-snake", "pipe-press"}
	case Electrical:
		return []string{"multimeter", "insulated-set"}
	case HVAC:
		return []string{"manifold-gauge", "vacuum-pump"}
	case Appliance:
		return []string{"appliance-kit"}
	case Locks:
		return []string{"lock-kit"}
	case Carpentry:
		return []string{"cordless-saw"}
	case Gas:
		return []string{"gas-detector"}
	case Network:
		return []string{"cable-tester"}
	}
	return nil
}

var (
	surnames = []Name{
		{"Chen", "陈"},
		{"Wang", "王"},
		{"Li", "李"},
		{"Zhang", "张"},
		{"Xu", "徐"},
		{"Zhou", "周"},
		{"Wu", "吴"},
		{"Zhu", "朱"},
		{"Shen", "沈"},
		{"Yu", "俞"},
		{"Lin", "林"},
		{"Hu", "胡"},
		{"Guo", "郭"},
		{"He", "何"},
		{"Gao", "高"},
		{"Luo", "罗"},
		{"Zheng", "郑"},
		{"Ye", "叶"},
		{"Pan", "潘"},
		{"Dong", "董"},
	}
	givens = []Name{
		{"Jianguo", "建国"},
		{"Weimin", "卫民"},
		{"Haibo", "海波"},
		{"Xiaolong", "小龙"},
		{"Lihua", "丽华"},
		{"Guoqiang", "国强"},
		{"Zhiyuan", "志远"},
		{"Minghui", "明辉"},
		{"Chunyan", "春燕"},
		{"Jianping", "建平"},
		{"Yongjun", "永军"},
		{"Dawei", "大伟"},
		{"Shuifa", "水法"},
		{"Xiuying", "秀英"},
		{"Aiguo", "爱国"},
		{"Tao", "涛"},
		{"Gang", "刚"},
		{"Jing", "静"},
	}
)

// hire finds the technicians, their homes and their weeks.
func (g *ground) hire(r *rand.Rand) []Technician {
	homes := g.homes()
	used := map[string]bool{}
	var out []Technician
	for i, crew := range crews() {
		for k := range crew.count {
			t := Technician{
				ID: dispatch.TechnicianID(fmt.Sprintf("t-%02d", len(out)+1)), Name: person(r, used), Skills: crew.skills, Turn: crew.turn,
				Home:   g.w.point(g.w.plane(g.houses[homes[r.IntN(len(homes))]].door)),
				Shifts: week(crew.turn, k, crew.count, i),
			}
			for _, s := range t.Skills {
				t.Tools = append(t.Tools, toolsFor(s.Skill)...)
			}
			out = append(out, t)
		}
	}
	return out
}

// Person is an invented name; others may have it too.
func Person(r *rand.Rand) Name {
	s, given := surnames[r.IntN(len(surnames))], givens[r.IntN(len(givens))]
	return Name{s.En + " " + given.En, s.Zh + given.Zh}
}

// person is a name that nobody else has.
func person(r *rand.Rand, used map[string]bool) Name {
	for {
		if n := Person(r); !used[n.En] {
			used[n.En] = true
			return n
		}
	}
}

// week is five shifts. The two days off in a row are spread over the members of a crew, so that two members are never off
// on the same day in a crew of two or three.
func week(turn Turn, member, members, crew int) []Shift {
	start, end := turn.Hours()
	off := (member*7/members + crew*2) % 7
	var out []Shift
	for day := range 7 {
		if day != off && day != (off+1)%7 {
			out = append(out, Shift{Weekday: time.Weekday(day), Start: start, End: end})
		}
	}
	return out
}

// OnDuty says that the technician works at an instant, given as weekday and time since local midnight.
func (t *Technician) OnDuty(day time.Weekday, at time.Duration) bool {
	for _, s := range t.Shifts {
		since := at + time.Duration((day-s.Weekday+7)%7)*24*time.Hour
		if since >= s.Start && since < s.End {
			return true
		}
	}
	return false
}

// Level is the level at which the technician holds a skill; 0 means not at all.
func (t *Technician) Level(s dispatch.Skill) int32 {
	for _, held := range t.Skills {
		if held.Skill == s {
			return held.Level
		}
	}
	return 0
}
