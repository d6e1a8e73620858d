package subjectserver

import (
	"context"
	"encoding/json"
	"fmt"

	"fettle/internal/leasing"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// holding is a kind of records that hold something about who rents, and how they are found.
type holding struct {
	kind, key string
	of        string // the first part of the key, before what is looked for; "" for none
	begins    bool   // what is looked for is the first part of the key; else it is all of it
	source    string // where it can be seen; {id} stands for what is looked for
	personal  bool   // goes with the person, who said or did it: the rest is of the contract, and names the lease alone
	// words are the fields of what stays that people write into: they are taken out of it.
	words []string
}

// ofLease are the records about a lease.
var ofLease = []holding{
	{kind: leasing.Obligations, key: leasing.KeyLease, begins: true, source: "GET /v1/obligations?leaseId={id}", words: []string{"reason"}},
	{kind: "payments", key: "lease", begins: true, source: "GET /v1/payments?leaseId={id}", words: []string{"note", "reason"}},
	{kind: "deposits", key: "lease", source: "GET /v1/deposits", words: []string{"what", "evidence"}},
	{kind: "bookEntries", key: "lease", source: "POST /v1/deposits:importBooks"},
	{kind: "renewals", key: "lease", source: "GET /v1/renewals", words: []string{"figures", "greeting", "reason", "note"}},
	{kind: "signatures", key: "lease", source: "GET /v1/signatures?leaseId={id}", personal: true},
	{kind: "customValues", key: "record", of: "LEASES", source: "GET /v1/customValues?kind=LEASES&recordId={id}", personal: true},
	{kind: "facts", key: "lease", source: "GET /v1/profiles/{id}", personal: true},
	{kind: "segments", key: "once", source: "GET /v1/segments/assignments", personal: true},
	{kind: "moods", key: "lease", source: "POST /v1/surveys:mood", personal: true},
	{kind: "triggersTold", key: "lease", source: "GET /v1/triggers:told", personal: true},
	{kind: "entitlements", key: "once", begins: true, source: "GET /v1/entitlements", words: []string{"note"}},
	{kind: messages, key: "lease", begins: true, source: "GET /v1/messages?leaseId={id}"},
}

// ofOrder are the records about an order.
var ofOrder = []holding{
	{kind: "photos", key: "order", source: "GET /v1/workOrders/{id}/photos", personal: true},
	{kind: "customValues", key: "record", of: "WORK_ORDERS", source: "GET /v1/customValues?kind=WORK_ORDERS&recordId={id}", personal: true},
}

// incidents are told of by orders, and tasks by dwellings: the words of them go, once they are closed.
var (
	incidents = holding{kind: "incidents", key: "about", words: []string{"Reason", "Text", "Outcome"}}
	tasks     = holding{kind: "tasks", key: "unit", source: "GET /v1/tasks?unitId={id}", words: []string{"Text", "Outcome", "Note"}}
)

// messages is the kind of what was told, and said the words of one: what it says, and what was said of it where it was sent.
const messages = "messages"

var said = []string{"text", "vars", "detail", "phone"}

// ofTenant are the records about a tenant.
var ofTenant = []holding{
	{kind: "coupons", key: "tenant", source: "GET /v1/coupons?tenantId={id}", words: []string{"reason", "place"}},
	idImages,
}

// idImages are copies of cards: the pictures are shown by :reveal.
var idImages = holding{kind: "idImages", key: "tenant", source: "GET /v1/idImages?tenantId={id}", personal: true}

// told are messages to somebody who is reached under a reference.
var told = holding{kind: messages, key: "recipient", begins: true, source: "GET /v1/messages?recipient={id}"}

// recipients is the kind of where somebody is reached.
const recipients = "recipients"

// pageSize is how many records are read at once.
const pageSize = 500

// query selects what is held of a kind about somebody.
func (h *holding) query(id string) ledger.Query {
	value := ledger.Text(id)
	if h.of != "" {
		value = ledger.Text(h.of, id)
	}
	if h.begins {
		return ledger.Under(h.kind, h.key, value)
	}
	return ledger.Where(h.kind, h.key, value)
}

// each calls do with every record that a query selects.
func (s *Server) each(ctx context.Context, o org.ID, q ledger.Query, do func(r *ledger.Record) error) error {
	for {
		page, err := s.c.Store.Records(ctx, o, q, pageSize)
		if err != nil {
			return fmt.Errorf("read %s: %w", q.Kind, err)
		}
		for i := range page.Records {
			if err := do(&page.Records[i]); err != nil {
				return err
			}
		}
		if page.Next == (ledger.Place{}) {
			return nil
		}
		q.After = page.Next
	}
}

// leases are all of a tenant, closed ones too.
func (s *Server) leases(ctx context.Context, o org.ID, id string) (out []lease.Lease, err error) {
	err = s.each(ctx, o, ledger.Under(leasing.Leases, leasing.KeyTenant, ledger.Text(id)), func(r *ledger.Record) error {
		k, err := leasing.DecodeLease(r)
		out = append(out, k.Value)
		return err
	})
	return out, err
}

// answers calls do with what was answered to surveys about leases: they are found by survey and lease.
func (s *Server) answers(ctx context.Context, o org.ID, leases []lease.Lease, do func(r *ledger.Record) error) error {
	return s.each(ctx, o, ledger.All("surveys"), func(survey *ledger.Record) error {
		for i := range leases {
			q := ledger.Where("surveyAnswers", "once", ledger.Text(survey.ID, string(leases[i].ID)))
			if err := s.each(ctx, o, q, do); err != nil {
				return err
			}
		}
		return nil
	})
}

// care calls do with the calls that were made or are to be made about leases: they are found by their state alone.
func (s *Server) care(ctx context.Context, o org.ID, leases []lease.Lease, do func(r *ledger.Record) error) error {
	mine := map[string]bool{}
	for i := range leases {
		mine[string(leases[i].ID)] = true
	}
	return s.each(ctx, o, ledger.All("careTasks"), func(r *ledger.Record) error {
		var about struct {
			Lease string `json:"lease"`
		}
		if err := json.Unmarshal(r.Body, &about); err != nil {
			return fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
		}
		if !mine[about.Lease] {
			return nil
		}
		return do(r)
	})
}
