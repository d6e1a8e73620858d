package rateserver

import (
	"cmp"
	"context"
	"slices"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/queue"
)

// queueServer implements RenewalQueueService.
type queueServer struct {
	renewalv1.UnimplementedRenewalQueueServiceServer
	*Server
}

// ListRenewalQueue implements the method of the same name. The leases that end within the days are read and put in order for each
// page; a page begins after the place of the last one, so that leases that come or go meanwhile move no others.
func (s *queueServer) ListRenewalQueue(ctx context.Context, r *renewalv1.ListRenewalQueueRequest) (*renewalv1.ListRenewalQueueResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	weights, err := queue.ParseWeights(r.GetWeights())
	if err != nil {
		return nil, err
	}
	h := queue.Horizon{Today: calendar.DateOf(s.Clock.Now(), s.Residence.Zone), Days: cmp.Or(int(r.GetDays()), queue.Days)}
	place := (*queue.Entry).Place
	if r.GetOrderBy() == renewalv1.ListRenewalQueueRequest_END_DATE {
		place = (*queue.Entry).DatePlace
	}
	filter := call.Filter("renewalQueue", who.Org, h.Today, h.Days, r.GetOrderBy(), weights)
	after, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	list, err := s.queued(ctx, who.Org, h, weights)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e queue.Entry) bool { return place(&e) <= after })
	slices.SortFunc(list, func(a, b queue.Entry) int { return cmp.Compare(place(&a), place(&b)) })
	out := &renewalv1.ListRenewalQueueResponse{Definition: queue.Definition}
	for i := range list {
		if i == call.PageSize(r.GetPageSize()) {
			out.NextPageToken = call.PageToken(place(&list[i-1]), filter)
			break
		}
		out.Leases = append(out.Leases, showQueued(h, &list[i]))
	}
	return out, nil
}

// queued are the leases of a queue, in no order.
func (s *queueServer) queued(ctx context.Context, o org.ID, h queue.Horizon, weights []queue.Weight) (out []queue.Entry, err error) {
	heaviest := map[string]queue.Weight{}
	for _, w := range slices.Backward(weights) { // the heaviest last, over the others
		tenants, err := s.Tagged(ctx, o, w.Tag)
		if err != nil {
			return nil, err
		}
		for _, id := range tenants {
			heaviest[id] = w
		}
	}
	err = s.Residence.Ending(ctx, o, h.Today, h.Today.Add(h.Days+1), func(l *lease.Lease) {
		if e, ok := h.Judge(l, func(tenant string) queue.Weight { return heaviest[tenant] }); ok {
			out = append(out, e)
		}
	})
	return out, err
}

func showQueued(h queue.Horizon, e *queue.Entry) *renewalv1.QueuedLease {
	return &renewalv1.QueuedLease{
		LeaseId: string(e.Lease), Number: e.Number, TenantId: e.Tenant, UnitId: e.Unit, EndDate: e.End.String(), DaysLeft: int32(e.DaysLeft),
		Tag: e.Weight.Tag, Weight: int32(e.Weight.Value), Score: int32(e.Score), Reason: h.Reason(e), RentCents: e.Rent,
	}
}
