// Package rateserver is RenewalRateService and RenewalQueueService: how many tenants stay, the leases behind each figure, which
// messages led to something, and whom to call first. It only reads.
package rateserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/residence"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/proposal"
	"fettle/rental/renewal/rate"
)

// Config says what the service needs. All must be given.
type Config struct {
	Residence *residence.Reader
	Clock     call.Clock
	// Proposals calls do with every proposal of an org.
	Proposals func(ctx context.Context, o org.ID, do func(p *proposal.Proposal)) error
	// Segments are the segments of leases, by the id of the lease.
	Segments func(ctx context.Context, o org.ID) (map[string]string, error)
	// Tagged lists the ids of the tenants of an org who have a tag.
	Tagged func(ctx context.Context, o org.ID, tag string) ([]string, error)
}

// Server implements RenewalRateService.
type Server struct {
	renewalv1.UnimplementedRenewalRateServiceServer
	Config
}

// New makes a server.
func New(c Config) *Server { return &Server{Config: c} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	renewalv1.RegisterRenewalRateServiceServer(r, s)
	renewalv1.RegisterRenewalQueueServiceServer(r, &queueServer{Server: s})
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := renewalv1.RegisterRenewalQueueServiceHandlerClient(ctx, m, renewalv1.NewRenewalQueueServiceClient(conn)); err != nil {
		return err
	}
	return renewalv1.RegisterRenewalRateServiceHandlerClient(ctx, m, renewalv1.NewRenewalRateServiceClient(conn))
}

// request is what the methods of the rate have in common.
type request interface {
	GetDate() string
	GetDays() int32
	GetGroupBy() renewalv1.GetRenewalRateRequest_Dimension
}

// question is a request as it was read.
type question struct {
	org  org.ID
	day  calendar.Date
	days int
	by   renewalv1.GetRenewalRateRequest_Dimension
}

func (s *Server) question(ctx context.Context, r request) (q question, err error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return q, auth.ErrUnknown
	}
	q = question{org: who.Org, day: calendar.DateOf(s.Clock.Now(), s.Residence.Zone), days: int(r.GetDays()), by: r.GetGroupBy()}
	if q.days == 0 {
		q.days = rate.Days
	}
	if text := r.GetDate(); text != "" {
		today := q.day
		if q.day, err = calendar.ParseDate(text); err != nil || q.day.After(today) {
			return q, &invalid.Error{Field: "date", Value: text, Want: "a day not after " + today.String() + ", as YYYY-MM-DD"}
		}
	}
	return q, nil
}

// ended are the leases that count in each of some windows, with their groups.
func (s *Server) ended(ctx context.Context, q question, windows ...rate.Window) ([][]rate.Ended, error) {
	group, err := s.groups(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make([][]rate.Ended, len(windows))
	err = s.Residence.Leases(ctx, q.org, calendar.DateOf(s.Clock.Now(), s.Residence.Zone), func(l *lease.Lease) {
		for i, w := range windows {
			if e, ok := w.Judge(l); ok {
				e.Group = group(l)
				out[i] = append(out[i], e)
			}
		}
	})
	return out, err
}

// groups finds the group of a lease. What has none is in UNKNOWN, so that groups always sum to the whole.
func (s *Server) groups(ctx context.Context, q question) (func(l *lease.Lease) string, error) {
	switch q.by {
	case renewalv1.GetRenewalRateRequest_BUILDING:
		buildings, err := s.Residence.Buildings(ctx, q.org)
		return func(l *lease.Lease) string { return cmp.Or(buildings[l.Unit], "UNKNOWN") }, err
	case renewalv1.GetRenewalRateRequest_SEGMENT:
		segments, err := s.Segments(ctx, q.org)
		return func(l *lease.Lease) string { return cmp.Or(segments[string(l.ID)], "UNKNOWN") }, err
	}
	return func(*lease.Lease) string { return "" }, nil
}

// GetRenewalRate implements the method of the same name.
func (s *Server) GetRenewalRate(ctx context.Context, r *renewalv1.GetRenewalRateRequest) (*renewalv1.RenewalRate, error) {
	q, err := s.question(ctx, r)
	if err != nil {
		return nil, err
	}
	w, before := rate.WindowOf(q.day, q.days, s.Residence.Zone), rate.WindowOf(q.day.Add(-1), q.days, s.Residence.Zone)
	ended, err := s.ended(ctx, q, w, before)
	if err != nil {
		return nil, err
	}
	total, groups := rate.Count(ended[0])
	yesterday, _ := rate.Count(ended[1])
	out := &renewalv1.RenewalRate{
		Definition: rate.Definition, AsOfTime: wire.Timestamp(w.At), FromDate: w.From.String(), ToDate: w.To.String(), DangerLine: rate.Danger,
		Total: showRow(&total), Yesterday: showRow(&yesterday),
	}
	if q.by != renewalv1.GetRenewalRateRequest_DIMENSION_UNSPECIFIED {
		for i := range groups {
			out.Groups = append(out.Groups, showRow(&groups[i]))
		}
	}
	return out, nil
}

// maxHistory is how many days a history has at most.
const maxHistory = 400

// GetRateHistory implements the method of the same name.
func (s *Server) GetRateHistory(ctx context.Context, r *renewalv1.GetRateHistoryRequest) (*renewalv1.RateHistory, error) {
	q, err := s.question(ctx, &renewalv1.GetRenewalRateRequest{Date: r.GetEndDate(), Days: r.GetDays()})
	if err != nil {
		if bad := (*invalid.Error)(nil); errors.As(err, &bad) {
			bad.Field = "endDate"
		}
		return nil, err
	}
	first := q.day.AddMonths(-12)
	if text := r.GetStartDate(); text != "" {
		if first, err = calendar.ParseDate(text); err != nil || first.After(q.day) || q.day.Sub(first) >= maxHistory {
			return nil, &invalid.Error{Field: "startDate", Value: text, Want: fmt.Sprintf("a day, at most %d days before endDate, %s", maxHistory-1, q.day)}
		}
	}
	var windows []rate.Window
	for day := first; !day.After(q.day); day = day.Add(1) {
		windows = append(windows, rate.WindowOf(day, q.days, s.Residence.Zone))
	}
	ended, err := s.ended(ctx, q, windows...)
	if err != nil {
		return nil, err
	}
	out := &renewalv1.RateHistory{Definition: rate.Definition, DangerLine: rate.Danger}
	for i, w := range windows {
		total, _ := rate.Count(ended[i])
		out.Days = append(out.Days, &renewalv1.RateHistory_Day{Date: w.To.String(), Total: showRow(&total)})
	}
	return out, nil
}

// ListRateLeases implements the method of the same name.
func (s *Server) ListRateLeases(ctx context.Context, r *renewalv1.ListRateLeasesRequest) (*renewalv1.ListRateLeasesResponse, error) {
	q, err := s.question(ctx, r)
	if err != nil {
		return nil, err
	}
	filter := call.Filter("rateLeases", q.org, q.day, q.days, q.by, r.GetGroup())
	after, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	windows, err := s.ended(ctx, q, rate.WindowOf(q.day, q.days, s.Residence.Zone))
	if err != nil {
		return nil, err
	}
	place := func(e rate.Ended) string { return e.Last.String() + " " + string(e.Lease) }
	list := slices.DeleteFunc(windows[0], func(e rate.Ended) bool { return r.GetGroup() != "" && e.Group != r.GetGroup() || place(e) <= after })
	slices.SortFunc(list, func(a, b rate.Ended) int { return cmp.Compare(place(a), place(b)) })
	out := &renewalv1.ListRateLeasesResponse{}
	for i := range list {
		if i == call.PageSize(r.GetPageSize()) {
			out.NextPageToken = call.PageToken(place(list[i-1]), filter)
			break
		}
		e := &list[i]
		out.Leases = append(out.Leases, &renewalv1.RateLease{LeaseId: string(e.Lease), Group: e.Group, LastDate: e.Last.String(), Renewed: e.Renewed})
	}
	return out, nil
}

func showRow(r *rate.Row) *renewalv1.RateRow {
	out := &renewalv1.RateRow{
		Group: r.Group, Ended: int32(r.Ended), Renewed: int32(r.Renewed), Low: r.Low, High: r.High, BelowDanger: r.BelowDanger,
		SurelyBelow: r.SurelyBelow,
	}
	if !math.IsNaN(r.Rate) {
		out.Rate = proto.Float64(r.Rate)
	}
	return out
}

// span is the interval of a request, or the 30 days until now.
func span(from, to, now time.Time) (start, end time.Time) {
	const days = 30
	if end = to; end.IsZero() {
		end = now
	}
	if start = from; start.IsZero() {
		start = end.AddDate(0, 0, -days)
	}
	return start, end
}
