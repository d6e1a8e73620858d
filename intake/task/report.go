package task

import (
	"slices"
	"time"
)

// Line is what became of the tasks of a kind. Shares and minutes are nil where there is nothing to tell.
type Line struct {
	Kind                            Kind
	Opened, Open, Done, Canceled    int
	ClaimedInTime, DoneInTime, Half *float64 // shares; median minutes from opening to the end
}

// Report counts tasks by kind, in the order of Kinds; kinds without tasks are left out. Canceled tasks count for no promise.
func Report(tasks []*Task, now time.Time) (out []Line) {
	for _, k := range Kinds() {
		l := Line{Kind: k}
		var claimed, done [2]int // kept, broken
		var minutes []float64
		for _, t := range tasks {
			if t.Kind != k {
				continue
			}
			l.count(t)
			if t.State == Canceled {
				continue
			}
			tell(&claimed, t.ClaimedAt, t.ClaimDue, now)
			tell(&done, t.Ended, t.DoneDue, now)
			if t.State == Done {
				minutes = append(minutes, t.Ended.Sub(t.Opened).Minutes())
			}
		}
		l.ClaimedInTime, l.DoneInTime, l.Half = share(claimed), share(done), median(minutes)
		if l.Opened > 0 {
			out = append(out, l)
		}
	}
	return out
}

func (l *Line) count(t *Task) {
	l.Opened++
	switch t.State {
	case Done:
		l.Done++
	case Canceled:
		l.Canceled++
	default:
		l.Open++
	}
}

// tell counts a promise as kept or broken, or neither while it may still be kept.
func tell(n *[2]int, at, due, now time.Time) {
	switch {
	case !at.IsZero() && !at.After(due):
		n[0]++
	case !at.IsZero() || now.After(due):
		n[1]++
	}
}

func share(n [2]int) *float64 {
	if n[0]+n[1] == 0 {
		return nil
	}
	v := float64(n[0]) / float64(n[0]+n[1])
	return &v
}

func median(of []float64) *float64 {
	if len(of) == 0 {
		return nil
	}
	slices.Sort(of)
	v := (of[(len(of)-1)/2] + of[len(of)/2]) / 2
	return &v
}
