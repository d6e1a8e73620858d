package main

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"fettle/dispatch"
)

// number is a value without superfluous digits.
func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// money is an integer cost in cost units of the problem's source.
func money(p *dispatch.Problem, cost int64) string {
	return number(float64(cost) / float64(p.Scale.Cost()))
}

// grouped is a count with a comma at each thousand.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// seconds is the length of a span in seconds, and false where the source has only abstract time.
func seconds(p *dispatch.Problem, t dispatch.Tick) (float64, bool) {
	switch p.Scale.Unit {
	case "s":
		return p.Scale.Units(t), true
	case "min":
		return 60 * p.Scale.Units(t), true
	}
	return 0, false
}

// span is a length of time: hours and minutes, or units of the source.
func span(p *dispatch.Problem, t dispatch.Tick) string {
	if s, ok := seconds(p, t); ok {
		minutes := int64(math.Round(s / 60))
		return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
	}
	return number(p.Scale.Units(t))
}

// instant is a time of day where the problem has wall times, else a span since its origin.
func instant(p *dispatch.Problem, t dispatch.Tick) string {
	if p.Origin.IsZero() {
		return span(p, t)
	}
	at := p.At(t)
	if at.YearDay() != p.Origin.YearDay() || at.Sub(p.Origin) > 24*time.Hour {
		return at.Format("01-02 15:04")
	}
	return at.Format("15:04")
}
