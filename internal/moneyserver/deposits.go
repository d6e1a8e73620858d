package moneyserver

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/csvtable"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/deposit"
	"fettle/rental/fault"
)

// deposits implements DepositService.
type deposits struct {
	tenancyv1.UnimplementedDepositServiceServer
	*Server
	registry.Resource[deposit.Case, *tenancyv1.Deposit]
	books *registry.Kind[deposit.Entry]
}

const byState = "state"

// Deposits is how cases are kept: one a lease.
func Deposits() *registry.Kind[deposit.Case] {
	return &registry.Kind[deposit.Case]{
		Name: "deposits", Prefix: "dp_", State: func(c *deposit.Case) string { return string(c.State) },
		Keys: func(c *deposit.Case) []ledger.Key {
			return []ledger.Key{{Name: ofLease, Value: ledger.Text(c.Lease), Unique: true}, {Name: byState, Value: ledger.Text(string(c.State))}}
		},
	}
}

// Books is how the lines of the books of finance are kept: found by lease, and by the number that finance gave them, which one has.
func Books() *registry.Kind[deposit.Entry] {
	return &registry.Kind[deposit.Entry]{
		Name: "bookEntries", Prefix: "be_",
		Keys: func(e *deposit.Entry) []ledger.Key {
			return []ledger.Key{{Name: ofLease, Value: ledger.Text(e.Lease)}, {Name: "number", Value: ledger.Text(e.ID), Unique: true}}
		},
	}
}

// check fills in what a case has from its lease, and refuses changes of what is paid. What is changed is compared anew.
func (s *deposits) check(tx *registry.Tx, before, after *deposit.Case) error {
	if before != nil {
		if before.State == deposit.Refunded {
			return &fault.StateError{Thing: "deposit", State: string(before.State), Verb: "change", Legal: "OPEN, AUDITED"}
		}
		if after.Lease != before.Lease {
			return &invalid.Error{Field: "leaseId", Want: "the lease as it is: another lease is another case"}
		}
		after.Tenant, after.Deposit, after.OpenedAt = before.Tenant, before.Deposit, before.OpenedAt
		after.State = deposit.Open
		return after.Validate()
	}
	l, err := s.depend(tx, s.Field, after.Lease)
	if err != nil {
		return err
	}
	after.Tenant, after.Deposit, after.State, after.OpenedAt = l.Tenant, l.Current().Deposit, deposit.Open, tx.Now
	return after.Validate()
}

// CreateDeposit implements the method of the same name.
func (s *deposits) CreateDeposit(ctx context.Context, r *tenancyv1.CreateDepositRequest) (*tenancyv1.Deposit, error) {
	return s.Create(ctx, r, r.GetDeposit())
}

// GetDeposit implements the method of the same name.
func (s *deposits) GetDeposit(ctx context.Context, r *tenancyv1.GetDepositRequest) (*tenancyv1.Deposit, error) {
	return s.Get(ctx, r.GetId())
}

// ListDeposits implements the method of the same name.
func (s *deposits) ListDeposits(ctx context.Context, r *tenancyv1.ListDepositsRequest) (*tenancyv1.ListDepositsResponse, error) {
	q := s.All()
	switch state := enumOr(r.GetState(), ""); {
	case state != "" && r.GetLeaseId() != "":
		return nil, &invalid.Error{Field: "state", Want: "at most one of state and leaseId"}
	case state != "":
		q = s.Where(byState, ledger.Text(state))
	case r.GetLeaseId() != "":
		q = s.Where(ofLease, ledger.Text(r.GetLeaseId()))
	}
	found, next, err := s.List(ctx, r, q)
	return &tenancyv1.ListDepositsResponse{Deposits: found, NextPageToken: next}, err
}

// UpdateDeposit implements the method of the same name.
func (s *deposits) UpdateDeposit(ctx context.Context, r *tenancyv1.UpdateDepositRequest) (*tenancyv1.Deposit, error) {
	return s.Update(ctx, r, r.GetDeposit().GetId(), r.GetDeposit())
}

// AuditDeposit implements the method of the same name.
func (s *deposits) AuditDeposit(ctx context.Context, r *tenancyv1.AuditDepositRequest) (*tenancyv1.Deposit, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*tenancyv1.Deposit, error) {
		item, err := at(tx, s.Kind, r.GetId(), r.GetEtag())
		if err != nil {
			return nil, err
		}
		known, err := s.entries(tx, item.Value.Lease)
		if err != nil {
			return nil, err
		}
		item.Value = item.Value.Audit(known, tx.Now)
		tx.About(s.Name, item.ID, "state")
		err = s.Save(tx, item)
		return showDeposit(item), err
	})
}

// entries are the lines that the books have of a lease.
func (s *deposits) entries(tx *registry.Tx, lease string) ([]deposit.Entry, error) {
	items, _, err := s.books.List(tx.Context(), tx.Store(), tx.Org, s.books.Where(ofLease, ledger.Text(lease)), pageSize)
	out := make([]deposit.Entry, len(items))
	for i := range items {
		out[i] = items[i].Value
	}
	return out, err
}

// ImportBooks implements the method of the same name. The cases of the leases change with it, so that a comparison that is under
// way sees the new lines or is made again.
func (s *deposits) ImportBooks(ctx context.Context, r *tenancyv1.ImportBooksRequest) (*tenancyv1.ImportBooksResponse, error) {
	lines, err := readBooks(r)
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*tenancyv1.ImportBooksResponse, error) {
		out := &tenancyv1.ImportBooksResponse{}
		fresh := map[string][]deposit.Entry{} // by lease
		seen := map[string]deposit.Entry{}
		for _, e := range lines {
			known, ok := seen[e.ID]
			if !ok {
				if known, ok, err = s.known(tx, e.ID); err != nil {
					return nil, err
				}
			}
			switch {
			case ok && known == e:
				out.KnownCount++
				continue
			case ok:
				out.Rejected = append(out.Rejected, &tenancyv1.ImportBooksResponse_Rejected{EntryId: e.ID, Reason: "a line with this id says something else"})
				continue
			}
			seen[e.ID] = e
			if _, err := s.books.Insert(tx, e); err != nil {
				return nil, err
			}
			out.AddedCount++
			fresh[e.Lease] = append(fresh[e.Lease], e)
		}
		err := s.compare(tx, fresh, out)
		tx.About(s.books.Name, "")
		return out, err
	})
}

// known finds the line with a number.
func (s *deposits) known(tx *registry.Tx, number string) (deposit.Entry, bool, error) {
	items, _, err := s.books.List(tx.Context(), tx.Store(), tx.Org, s.books.Where("number", ledger.Text(number)), 1)
	if err != nil || len(items) == 0 {
		return deposit.Entry{}, false, err
	}
	return items[0].Value, true, nil
}

// compare compares the cases of leases with what the books had of them and what is new.
func (s *deposits) compare(tx *registry.Tx, fresh map[string][]deposit.Entry, out *tenancyv1.ImportBooksResponse) error {
	for lease, more := range fresh {
		items, _, err := s.Kind.List(tx.Context(), tx.Store(), tx.Org, s.Where(ofLease, ledger.Text(lease)), 1)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			continue
		}
		known, err := s.entries(tx, lease)
		if err != nil {
			return err
		}
		items[0].Value = items[0].Value.Audit(append(known, more...), tx.Now)
		tx.Also(s.Name, items[0].ID, "state")
		if err := s.Save(tx, items[0]); err != nil {
			return err
		}
		out.Deposits = append(out.Deposits, showDeposit(items[0]))
	}
	slices.SortFunc(out.Deposits, func(a, b *tenancyv1.Deposit) int { return compareText(a.GetId(), b.GetId()) })
	return nil
}

// GetRefundList implements the method of the same name.
func (s *deposits) GetRefundList(ctx context.Context, _ *tenancyv1.GetRefundListRequest) (*tenancyv1.RefundList, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	return s.refunds(ctx, who.Org)
}

func (s *deposits) refunds(ctx context.Context, o org.ID) (*tenancyv1.RefundList, error) {
	items, next, err := s.Kind.List(ctx, s.c.Store, o, s.Where(byState, ledger.Text(string(deposit.Audited))), pageSize)
	if err != nil {
		return nil, err
	}
	out := &tenancyv1.RefundList{More: next != ledger.Place{}}
	var rows [][]any
	for _, item := range items {
		c := &item.Value
		out.RefundCents += c.Refund()
		out.Lines = append(out.Lines, &tenancyv1.RefundList_Line{
			DepositId: item.ID, LeaseId: c.Lease, TenantId: c.Tenant, DepositCents: c.Deposit, DeductedCents: c.Deducted(), RefundCents: c.Refund(),
			MoveOutDate: c.MovedOut.String(), Elapsed: durationpb.New(c.AuditedAt.Sub(c.OpenedAt)),
		})
		rows = append(rows, []any{item.ID, c.Lease, c.Tenant, c.Deposit, c.Deducted(), c.Refund(), c.MovedOut.String()})
	}
	out.Csv = csvtable.Write([]string{"depositId", "leaseId", "tenantId", "depositCents", "deductedCents", "refundCents", "moveOutDate"}, rows)
	return out, nil
}

// readBooks reads the lines of an import.
func readBooks(r *tenancyv1.ImportBooksRequest) (out []deposit.Entry, err error) {
	in := r.GetEntries()
	if r.GetCsv() != "" {
		rows, err := csvtable.Read(r.GetCsv(), []string{"id", "leaseId", "kind", "amountCents"}, []string{"date", "reference"}, pageSize)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			e, err := bookEntry(&rows[i])
			if err != nil {
				return nil, err
			}
			in = append(in, e)
		}
	}
	if len(in) == 0 || len(in) > pageSize {
		return nil, &invalid.Error{Field: "entries", Want: "1 to 1,000 lines"}
	}
	for _, m := range in {
		on, err := day("entries.date", m.GetDate())
		if err != nil {
			return nil, err
		}
		out = append(out, deposit.Entry{
			ID: m.GetId(), Lease: m.GetLeaseId(), Kind: deposit.EntryKind(m.GetKind().String()), Amount: m.GetAmountCents(), Date: on,
			Reference: m.GetReference(),
		})
	}
	return out, nil
}

// bookEntry reads a line of a table by the rules of the message.
func bookEntry(r *csvtable.Row) (*tenancyv1.BookEntry, error) {
	kind, ok := tenancyv1.BookEntry_Kind_value[r.Get("kind")]
	if !ok {
		return nil, r.Fault("kind", "RECEIVED, WITHHELD or REFUNDED")
	}
	amount, err := r.Int("amountCents")
	if err != nil {
		return nil, err
	}
	e := &tenancyv1.BookEntry{
		Id: r.Get("id"), LeaseId: r.Get("leaseId"), Kind: tenancyv1.BookEntry_Kind(kind), AmountCents: amount, Date: r.Get("date"), Reference: r.Get("reference"),
	}
	err = wire.Validate(e)
	var many *wire.InvalidFields
	if errors.As(err, &many) {
		return nil, r.Fault(many.Faults[0].Field, many.Faults[0].Want)
	}
	return e, err
}
