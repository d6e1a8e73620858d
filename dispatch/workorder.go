package dispatch

import (
	"time"

	"fettle/geo"
)

// WorkOrderID names a work order within its org.
type WorkOrderID string

// ReportID names a report.
type ReportID string

// Channel is the way by which a report came in.
type Channel string

// The channels.
const (
	ChannelApp       Channel = "APP"
	ChannelWeChat    Channel = "WECHAT"
	ChannelFrontDesk Channel = "FRONT_DESK"
	ChannelPhone     Channel = "PHONE"
	ChannelIOT       Channel = "IOT"
)

// Valid reports whether c is known; the zero value is not set and not valid.
func (c Channel) Valid() bool {
	switch c {
	case ChannelApp, ChannelWeChat, ChannelFrontDesk, ChannelPhone, ChannelIOT:
		return true
	}
	return false
}

// WorkOrder is a fault or service to be done at one place, as the tenant sees it. It may need several visits.
type WorkOrder struct {
	ID          WorkOrderID
	Location    geo.Point
	UnitID      string // the dwelling, "" when unknown
	Description string
	Urgency     Urgency
	Tier        string // SLA tier; "" means the policy's default
	Skills      []SkillLevel
	OnSite      time.Duration // expected work
	Windows     []TimeSpan    // in which the tenant is at home; none means any time
	Due         time.Time     // zero when there is no promise
	Created     time.Time
	Reports     []ReportID
}

// TimeSpan is a half-open interval of wall time.
type TimeSpan struct{ Start, End time.Time }

// Report is one message about a fault, from one channel; several can belong to one work order.
type Report struct {
	ID        ReportID
	WorkOrder WorkOrderID
	Channel   Channel
	Text      string
	Created   time.Time
}

// Visit makes the visit of a work order for a problem that starts at origin with one tick a second: what the optimiser
// places. Place is the index of the order's location in Problem.Places. Windows that ended before the origin are dropped.
func (w *WorkOrder) Visit(origin time.Time, place int32) Visit {
	ticks := func(t time.Time) Tick { return Tick(t.Sub(origin) / time.Second) }
	v := Visit{
		ID: VisitID(w.ID), WorkOrder: w.ID, Place: place, OnSite: Tick(w.OnSite / time.Second), Skills: w.Skills,
		Urgency: w.Urgency, Tier: w.Tier, Due: NoTick,
	}
	for _, s := range w.Windows {
		if end := ticks(s.End); end > 0 {
			v.Windows = append(v.Windows, TimeWindow{Start: max(ticks(s.Start), 0), End: end})
		}
	}
	if !w.Due.IsZero() {
		v.Due = ticks(w.Due)
	}
	return v
}
