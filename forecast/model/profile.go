package model

import (
	"math"
	"time"
)

// profile is the rhythm of the week: how a bucket compares with an average one, by weekday and time of day. It is learned
// as ratios of counts to the level, forgets with a half-life, and where counts are few a weekday's course of the day leans
// on that of all working days, or of the weekend.
type profile struct {
	perDay int
	keep   float64   // what a bucket's evidence is worth after one bucket
	num    []float64 // events, [weekday*perDay+slot]
	den    []float64 // what the level alone would have given
	factor []float64 // answers, mean 1
	day    [7]float64
}

// profileHalfLife is in days: a season.
const profileHalfLife = 100

// leanEvents is how many events the shared course of the day counts for.
const leanEvents = 10

func newProfile(perDay int) *profile {
	p := &profile{perDay: perDay, keep: math.Exp2(-1 / (profileHalfLife * float64(perDay)))}
	p.num, p.den, p.factor = make([]float64, 7*perDay), make([]float64, 7*perDay), make([]float64, 7*perDay)
	for i := range p.factor {
		p.factor[i] = 1
	}
	for d := range p.day {
		p.day[d] = 1
	}
	return p
}

// learn takes the events of a bucket and what the level alone would give.
func (p *profile) learn(weekday time.Weekday, slot int, events, level float64) {
	at := int(weekday)*p.perDay + slot
	p.num[at] += events
	p.den[at] += level
	if slot == p.perDay-1 {
		p.fade()
		p.answer()
	}
}

// fade discounts by one day.
func (p *profile) fade() {
	keep := math.Pow(p.keep, float64(p.perDay))
	for i := range p.num {
		p.num[i] *= keep
		p.den[i] *= keep
	}
}

// restful says that a weekday shares its course of the day with the weekend.
func restful(weekday int) int {
	if weekday == int(time.Saturday) || weekday == int(time.Sunday) {
		return 1
	}
	return 0
}

// answer works out the factors.
func (p *profile) answer() {
	var course [2][]float64
	var courseDen [2][]float64
	for g := range course {
		course[g], courseDen[g] = make([]float64, p.perDay), make([]float64, p.perDay)
	}
	var num, den [7]float64
	for d := range 7 {
		for s := range p.perDay {
			at := d*p.perDay + s
			num[d] += p.num[at]
			den[d] += p.den[at]
			course[restful(d)][s] += p.num[at]
			courseDen[restful(d)][s] += p.den[at]
		}
		p.day[d] = (num[d] + 1) / (den[d] + 1)
	}
	for g := range course {
		all, allDen := 0.0, 0.0
		for s := range p.perDay {
			all += course[g][s]
			allDen += courseDen[g][s]
		}
		for s := range p.perDay {
			course[g][s] = (course[g][s] + leanEvents*all/(all+leanEvents)/float64(p.perDay) + 0.1) /
				(courseDen[g][s]*all/math.Max(allDen, 1e-9) + leanEvents*all/(all+leanEvents)/float64(p.perDay) + 0.1)
		}
	}
	mean := 0.0
	for d := range 7 {
		for s := range p.perDay {
			at := d*p.perDay + s
			expect := course[restful(d)][s] * p.day[d]
			lean := leanEvents / math.Max(expect, 1e-3)
			if p.perDay == 1 {
				lean = 0.01
			}
			p.factor[at] = (p.num[at] + lean*expect) / (p.den[at] + lean)
			mean += p.factor[at]
		}
	}
	mean /= float64(len(p.factor))
	for i := range p.factor {
		p.factor[i] = math.Max(p.factor[i]/mean, 1e-3)
	}
	for d := range p.day {
		p.day[d] = math.Max(p.day[d]/mean, 1e-3)
	}
}

// at is the factor of a weekday and slot.
func (p *profile) at(weekday time.Weekday, slot int) float64 {
	return p.factor[int(weekday)*p.perDay+slot]
}
