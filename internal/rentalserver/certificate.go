package rentalserver

import (
	"context"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/org"
	"fettle/org/calendar"
)

// maxListed is how many faults an answer lists; the counts are of all.
const maxListed = 1000

// certify counts the reminders of some days and writes what it found.
func (s *obligations) certify(ctx context.Context, o org.ID, from, to calendar.Date) (*rentalv1.Certificate, error) {
	c, err := s.c.Desk.Certify(ctx, o, from, to)
	if err != nil {
		return nil, err
	}
	zone := s.c.Desk.Moment(o, "").Zone
	out := &rentalv1.Certificate{
		StartDate: c.From.String(), EndDate: c.To.String(), AsOfTime: stamp(c.Asof), ZeroMissed: c.Zero(),
		LeaseCount: int32(c.Leases), ScheduledCount: int32(c.Scheduled), OpenEndedCount: int32(c.OpenEnded), ExceptionCount: int32(len(c.Exceptions)),
		ExpectedCount: int32(c.Expected), InTimeCount: int32(c.InTime), LateCount: int32(c.Late), SupersededCount: int32(c.Superseded),
		WaivedCount: int32(c.Waived), CompensatedCount: int32(c.Compensated), PendingCount: int32(c.Pending), FutureCount: int32(c.Future),
		MissingCount: int32(len(c.Missing)), Hash: c.Hash, TextEn: c.Text("en", zone), TextZh: c.Text("zh", zone),
	}
	for _, f := range c.Missing[:min(len(c.Missing), maxListed)] {
		out.Missing = append(out.Missing, &rentalv1.Certificate_Missing{
			ObligationId: f.ID, LeaseId: string(f.Lease), DueDate: f.Due.String(), Why: f.Why,
		})
	}
	for _, e := range c.Exceptions[:min(len(c.Exceptions), maxListed)] {
		out.Exceptions = append(out.Exceptions, &rentalv1.Certificate_Exception{LeaseId: string(e.Lease), Why: e.Why})
	}
	return out, nil
}
