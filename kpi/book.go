package kpi

import (
	"cmp"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

const (
	canceled = engine.StateCanceled
	merged   = engine.StateMerged
)

// Dimension is what orders are grouped by.
type Dimension string

// The dimensions. The zero value makes one group of all.
const (
	ByBuilding   Dimension = "BUILDING"
	ByTrade      Dimension = "TRADE"
	ByTechnician Dimension = "TECHNICIAN"
	ByChannel    Dimension = "CHANNEL"
	ByUrgency    Dimension = "URGENCY"
)

// Step is the length of a period.
type Step string

// The steps. The zero value makes one period of all.
const (
	Daily   Step = "DAY"
	Weekly  Step = "WEEK" // from Monday
	Monthly Step = "MONTH"
)

// Query selects orders by the time of their report, in [From, To), and says how to group them. Filters are by the names of
// groups; "" selects all.
type Query struct {
	From, To   time.Time
	By         Dimension
	Step       Step
	Zone       *time.Location // in which periods begin
	Building   string
	Trade      dispatch.Skill
	Technician dispatch.TechnicianID
	// OnDuty is the length of the shifts of a technician in an interval; nil leaves Utilization out.
	OnDuty func(t dispatch.TechnicianID, from, to time.Time) time.Duration
}

// Row is the figures of a group in a period.
type Row struct {
	Group  string // value of the dimension; "" when it is not known, or when all are one group
	Start  time.Time
	End    time.Time
	Values []Value
	// Hops is the mean time that orders of the row spent in each hop, in the order of Hops; Total is the mean of the whole.
	Hops  [8]time.Duration
	Total time.Duration
}

// Value is an indicator of a row. N is how many orders count in it; without any there is no value.
type Value struct {
	ID          ID
	N           int
	Value       float64 // mean, share or number
	Median, P90 float64 // of UnitMinutes alone
}

// Book keeps a fact of each order of an org. It is not safe for concurrent use.
type Book struct {
	facts map[dispatch.WorkOrderID]*Fact
	// order is the facts by time of report.
	order       []*Fact
	technicians []dispatch.TechnicianID
	number      map[dispatch.TechnicianID]int32
	last        int64
	late        []engine.Event // see LateTaps
}

// NewBook returns a book without orders.
func NewBook() *Book {
	return &Book{facts: map[dispatch.WorkOrderID]*Fact{}, number: map[dispatch.TechnicianID]int32{}}
}

// Last is the sequence of the last event that was folded in.
func (b *Book) Last() int64 { return b.last }

// Add folds events in sequence. Those that were folded in before are skipped, and so are those of orders whose report is not
// in the book.
func (b *Book) Add(events []engine.Event) {
	for i := range events {
		ev := &events[i]
		if ev.Sequence <= b.last {
			continue
		}
		b.last = ev.Sequence
		if ev.Order == "" {
			continue
		}
		b.noteLate(ev)
		f := b.facts[ev.Order]
		if f == nil {
			if ev.Type != engine.OrderCreated {
				continue
			}
			f = &Fact{}
			b.facts[ev.Order], b.order = f, append(b.order, f)
		}
		if s, ok := f.fold(ev); ok {
			f.pieces = append(f.pieces, b.piece(&s))
		}
	}
}

// Prune forgets orders that were reported before an instant.
func (b *Book) Prune(before time.Time) {
	n := 0
	for ; n < len(b.order) && b.order[n].Created.Before(before); n++ {
		delete(b.facts, b.order[n].Order)
	}
	b.order = slices.Delete(b.order, 0, n)
}

func (b *Book) piece(s *Span) piece {
	who := int32(-1)
	if s.Technician != "" {
		var ok bool
		if who, ok = b.number[s.Technician]; !ok {
			who = int32(len(b.technicians))
			b.technicians, b.number[s.Technician] = append(b.technicians, s.Technician), who
		}
	}
	return piece{hop: int8(slices.Index(Hops(), s.Hop)), who: who, from: s.From.UnixMicro(), to: s.To.UnixMicro()}
}

// pieces of an order up to now.
func (b *Book) pieces(f *Fact, now time.Time) []piece {
	if s, ok := f.trace.until(now); ok {
		return append(f.pieces[:len(f.pieces):len(f.pieces)], b.piece(&s))
	}
	return f.pieces
}

// selected yields the orders of a query by time of report.
func (b *Book) selected(q *Query, yield func(*Fact)) {
	i, _ := slices.BinarySearchFunc(b.order, q.From, func(f *Fact, at time.Time) int { return f.Created.Compare(at) })
	for ; i < len(b.order) && b.order[i].Created.Before(q.To); i++ {
		f := b.order[i]
		if (q.Building == "" || q.Building == f.Building) && (q.Trade == "" || q.Trade == f.Trade) &&
			(q.Technician == "" || q.Technician == f.Technician) {
			yield(f)
		}
	}
}

// Orders lists the orders behind a value of a row, by time of report, with what each adds: minutes, stars, or 0 and 1.
func (b *Book) Orders(q Query, group string, start, end time.Time, id ID, now time.Time) []Part {
	var of func(*Fact, time.Time) (float64, bool)
	for _, d := range Definitions() {
		if d.ID == id {
			of = d.of
		}
	}
	if of == nil {
		return nil
	}
	q.From, q.To = later(q.From, start), earlier(q.To, end)
	var out []Part
	b.selected(&q, func(f *Fact) {
		if v, ok := of(f, now); ok && f.group(q.By) == group {
			out = append(out, Part{Order: f.Order, Created: f.Created, Value: v})
		}
	})
	return out
}

// Part is what an order adds to a value.
type Part struct {
	Order   dispatch.WorkOrderID
	Created time.Time
	Value   float64
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// group is the value of a dimension.
func (f *Fact) group(d Dimension) string {
	switch d {
	case ByBuilding:
		return f.Building
	case ByTrade:
		return string(f.Trade)
	case ByTechnician:
		return string(f.Technician)
	case ByChannel:
		return string(f.Channel)
	case ByUrgency:
		return string(f.Urgency)
	}
	return ""
}

// period is the one that holds an instant, cut to the query.
func (q *Query) period(at time.Time) (start, end time.Time) {
	y, m, d := at.In(q.Zone).Date()
	midnight := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, q.Zone) }
	switch q.Step {
	case Daily:
		start, end = midnight(y, m, d), midnight(y, m, d+1)
	case Weekly:
		d -= (int(midnight(y, m, d).Weekday()) + 6) % 7
		start, end = midnight(y, m, d), midnight(y, m, d+7)
	case Monthly:
		start, end = midnight(y, m, 1), midnight(y, m+1, 1)
	default:
		return q.From, q.To
	}
	return later(start, q.From), earlier(end, q.To)
}

// sortRows puts rows in the order of their period, then of their group.
func sortRows(rows []*tally) {
	slices.SortFunc(rows, func(a, b *tally) int {
		return cmp.Or(a.row.Start.Compare(b.row.Start), cmp.Compare(a.row.Group, b.row.Group))
	})
}
