package moneyserver

import (
	"cmp"
	"context"
	"errors"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/csvtable"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/lease"
	"fettle/rental/payment"
)

// payments implements PaymentService.
type payments struct {
	tenancyv1.UnimplementedPaymentServiceServer
	*Server
	registry.Resource[payment.Payment, *tenancyv1.Payment]
}

// The keys of a payment.
const (
	ofLease     = "lease" // [paid]
	byReference = "reference"
	lateOnes    = "late" // [paid]
)

// Payments is how payments are kept.
func Payments() *registry.Kind[payment.Payment] {
	return &registry.Kind[payment.Payment]{
		Name: "payments", Prefix: "pm_", State: func(p *payment.Payment) string { return string(p.State) },
		Keys: func(p *payment.Payment) []ledger.Key {
			keys := []ledger.Key{{Name: ofLease, Value: ledger.Text(p.Lease, p.Paid.String())}}
			if p.Reference != "" {
				keys = append(keys, ledger.Key{Name: byReference, Value: ledger.Text(p.Reference), Unique: true})
			}
			if p.Late() > 0 && p.State == payment.Received {
				keys = append(keys, ledger.Key{Name: lateOnes, Value: ledger.Text(p.Paid.String())})
			}
			return keys
		},
	}
}

// read makes a payment of a message; what it leaves out is filled in.
func (s *payments) read(m *tenancyv1.Payment) (payment.Payment, error) {
	p := payment.Payment{
		Lease: m.GetLeaseId(), Kind: payment.Kind(enumOr(m.GetKind(), string(payment.Rent))), Amount: m.GetAmountMinor(),
		Currency: cmp.Or(m.GetCurrency(), "CNY"), Method: m.GetMethod(), Reference: m.GetReference(), Note: m.GetNote(), State: payment.Received,
	}
	var err error
	if p.Due, err = day("dueDate", m.GetDueDate()); err != nil {
		return p, err
	}
	if p.Paid, err = day("paidDate", m.GetPaidDate()); err != nil {
		return p, err
	}
	if p.Paid.IsZero() {
		p.Paid = s.today()
	}
	return p, p.Check()
}

// show writes a payment. Its tenant is read from the lease by those who want it.
func (s *payments) show(item *registry.Item[payment.Payment]) *tenancyv1.Payment {
	p := &item.Value
	return &tenancyv1.Payment{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		LeaseId: p.Lease, Kind: tenancyv1.Payment_Kind(tenancyv1.Payment_Kind_value[string(p.Kind)]), AmountMinor: p.Amount, Currency: p.Currency,
		DueDate: p.Due.String(), PaidDate: p.Paid.String(), Method: p.Method, Reference: p.Reference, Note: p.Note,
		State: tenancyv1.Payment_State(tenancyv1.Payment_State_value[string(p.State)]), LateDays: int32(p.Late()), Reason: p.Reason,
	}
}

// CreatePayment implements the method of the same name.
func (s *payments) CreatePayment(ctx context.Context, r *tenancyv1.CreatePaymentRequest) (*tenancyv1.Payment, error) {
	p, err := s.read(r.GetPayment())
	if err != nil {
		return nil, wire.In(s.Field, err)
	}
	add := func() (*tenancyv1.Payment, error) {
		return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*tenancyv1.Payment, error) { return s.add(tx, &p) })
	}
	m, err := add()
	if errors.Is(err, ledger.ErrTaken) { // another request has brought it at the same time
		return add()
	}
	return m, err
}

// add keeps a payment, unless one with its reference is kept: that one is the answer when it says the same.
func (s *payments) add(tx *registry.Tx, p *payment.Payment) (*tenancyv1.Payment, error) {
	if p.Reference != "" {
		known, _, err := s.Kind.List(tx.Context(), tx.Store(), tx.Org, s.Where(byReference, ledger.Text(p.Reference)), 1)
		switch {
		case err != nil:
			return nil, err
		case len(known) > 0 && known[0].Value.Same(p):
			tx.About(s.Name, known[0].ID)
			return s.show(known[0]), nil
		case len(known) > 0:
			return nil, &ledger.TakenError{Kind: s.Name, Name: byReference}
		}
	}
	if _, err := s.depend(tx, s.Field, p.Lease); err != nil {
		return nil, err
	}
	item, err := s.Insert(tx, *p)
	if err != nil {
		return nil, err
	}
	tx.About(s.Name, item.ID)
	return s.show(item), nil
}

// GetPayment implements the method of the same name.
func (s *payments) GetPayment(ctx context.Context, r *tenancyv1.GetPaymentRequest) (*tenancyv1.Payment, error) {
	m, err := s.Get(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	l, err := s.lease(ctx, m.GetLeaseId())
	if err == nil {
		m.TenantId = l.Tenant
	}
	return m, err
}

// ListPayments implements the method of the same name.
func (s *payments) ListPayments(ctx context.Context, r *tenancyv1.ListPaymentsRequest) (*tenancyv1.ListPaymentsResponse, error) {
	if n := given(r.GetLeaseId() != "", r.GetReference() != "", r.GetLate()); n > 1 {
		return nil, &invalid.Error{Field: "leaseId", Want: "at most one of leaseId, reference and late"}
	}
	q := s.All()
	switch {
	case r.GetLeaseId() != "":
		q = ledger.Under(s.Name, ofLease, ledger.Text(r.GetLeaseId()))
	case r.GetReference() != "":
		q = s.Where(byReference, ledger.Text(r.GetReference()))
	case r.GetLate():
		q = s.Between(lateOnes, "", "")
	}
	found, next, err := s.List(ctx, r, q)
	return &tenancyv1.ListPaymentsResponse{Payments: found, NextPageToken: next}, err
}

// ReversePayment implements the method of the same name.
func (s *payments) ReversePayment(ctx context.Context, r *tenancyv1.ReversePaymentRequest) (*tenancyv1.Payment, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*tenancyv1.Payment, error) {
		item, err := at(tx, s.Kind, r.GetId(), r.GetEtag())
		if err != nil {
			return nil, err
		}
		if err := item.Value.Reverse(r.GetReason()); err != nil {
			return nil, err
		}
		tx.About(s.Name, item.ID, "state")
		tx.Purpose(r.GetReason())
		err = s.Save(tx, item)
		return s.show(item), err
	})
}

// GetStatement implements the method of the same name.
func (s *payments) GetStatement(ctx context.Context, r *tenancyv1.GetStatementRequest) (*tenancyv1.Statement, error) {
	today, err := day("asOfDate", r.GetAsOfDate())
	if err != nil {
		return nil, err
	}
	if today.IsZero() {
		today = s.today()
	}
	l, err := s.lease(ctx, r.GetLeaseId())
	if err != nil {
		return nil, err
	}
	paid, err := s.of(ctx, r.GetLeaseId())
	if err != nil {
		return nil, err
	}
	list, rest := payment.Statement(termsOf(l), paid, today)
	out := &tenancyv1.Statement{
		LeaseId: string(l.ID), TenantId: l.Tenant, AsOfDate: today.String(), Currency: "CNY", AheadMinor: rest,
	}
	for i := range list {
		in := &list[i]
		out.OpenMinor += in.Open()
		if in.LateDays > 0 {
			out.LateCount++
		}
		out.Instalments = append(out.Instalments, &tenancyv1.Statement_Instalment{
			DueDate: in.Due.String(), AmountMinor: in.Amount, PaidMinor: in.Paid, PaidDate: in.PaidDate.String(),
			LateDays: int32(in.LateDays), OpenMinor: in.Open(),
		})
	}
	return out, nil
}

// termsOf are the present terms of a lease; it ends when its tenant leaves.
func termsOf(l *lease.Lease) payment.Terms {
	t := l.Current()
	months := map[lease.Cycle]int{lease.Quarterly: 3, lease.HalfYearly: 6, lease.Yearly: 12}
	out := payment.Terms{From: t.Start, End: t.End, Rent: t.Rent, Months: cmp.Or(months[t.Cycle], 1), Currency: "CNY"}
	if !l.LeftOn.IsZero() && (out.End.IsZero() || l.LeftOn.Before(out.End)) {
		out.End = l.LeftOn
	}
	return out
}

// of reads the payments of a lease.
func (s *payments) of(ctx context.Context, id string) (out []payment.Payment, err error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	q := ledger.Under(s.Name, ofLease, ledger.Text(id))
	for {
		items, next, err := s.Kind.List(ctx, s.c.Store, who.Org, q, pageSize)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			out = append(out, item.Value)
		}
		if next == (ledger.Place{}) {
			return out, nil
		}
		q.After = next
	}
}

// exportSize is how many payments are exported at once.
const exportSize = 5000

// exportPage asks for a page of an export by the rules of lists.
type exportPage struct {
	*tenancyv1.ExportPaymentsRequest
}

// GetPageSize is the most that a list gives.
func (exportPage) GetPageSize() int32 { return pageSize }

// ExportPayments implements the method of the same name.
func (s *payments) ExportPayments(ctx context.Context, r *tenancyv1.ExportPaymentsRequest) (*tenancyv1.PaymentExport, error) {
	q := s.All()
	if id := r.GetLeaseId(); id != "" {
		q = ledger.Under(s.Name, ofLease, ledger.Text(id))
	}
	var rows [][]any
	out := &tenancyv1.PaymentExport{NextPageToken: r.GetPageToken()}
	for len(rows) < exportSize {
		found, next, err := s.List(ctx, exportPage{&tenancyv1.ExportPaymentsRequest{PageToken: out.GetNextPageToken()}}, q)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			rows = append(rows, []any{
				p.GetId(), p.GetLeaseId(), p.GetKind().String(), p.GetAmountMinor(), p.GetCurrency(), p.GetDueDate(), p.GetPaidDate(), p.GetLateDays(),
				p.GetMethod(), p.GetReference(), p.GetState().String(), p.GetNote(), p.GetReason(),
			})
		}
		if out.NextPageToken = next; next == "" {
			break
		}
	}
	out.Count = int32(len(rows))
	out.Csv = csvtable.Write([]string{
		"id", "leaseId", "kind", "amountMinor", "currency", "dueDate", "paidDate", "lateDays", "method", "reference", "state", "note", "reason",
	}, rows)
	return out, nil
}

// lease reads a lease of the caller's org.
func (s *Server) lease(ctx context.Context, id string) (*lease.Lease, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.c.Store.Record(ctx, who.Org, leasing.Leases, id)
	if err != nil {
		return nil, err
	}
	k, err := leasing.DecodeLease(r)
	return &k.Value, err
}

// depend is the lease that a decision relies on: it is there, and it is as it was read when the decision is kept.
func (s *Server) depend(tx *registry.Tx, field, id string) (*lease.Lease, error) {
	r, err := tx.Store().Record(tx.Context(), tx.Org, leasing.Leases, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, &invalid.Error{Field: field + ".leaseId", Value: id, Want: "the id of a lease"}
	}
	if err != nil {
		return nil, err
	}
	k, err := leasing.DecodeLease(r)
	tx.Seen(r.Ref())
	return &k.Value, err
}
