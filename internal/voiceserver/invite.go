package voiceserver

import (
	"context"
	"errors"
	"slices"
	"time"

	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// DueInvite is the due work of a survey whose tenants are told of it; its key is the id of the survey.
const DueInvite = "survey.invite"

// Invitation is a survey on its way to the tenant of a lease.
type Invitation struct {
	ID     string // of the message: the same for the same survey and lease
	Lease  string
	Renter string
	Unit   string
	At     time.Time
	Token  string // of the link
}

// inviteBatch is how many are told in one transaction.
const inviteBatch = 200

// errInvited ends the work: nobody is to be told any more.
var errInvited = errors.New("nobody is left to tell")

// Invited is the handler of due work of DueInvite: it tells the tenant of each running lease, batch by batch. A batch and how far it
// came are one transaction, and a message has the id of its survey and lease: whatever stops in between, nobody is told twice.
func (s *Server) Invited(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		var all []Invitation
		if err := s.Residence.Leases(ctx, o, s.today(), func(l *lease.Lease) {
			if l.State == lease.Active || l.State == lease.Expiring {
				all = append(all, Invitation{Lease: string(l.ID), Renter: l.Tenant, Unit: l.Unit})
			}
		}); err != nil {
			return err
		}
		for batch := range slices.Chunk(all, inviteBatch) {
			err := s.Registry.Work(ctx, o, DueInvite, func(tx *registry.Tx) error { return s.inviteSome(tx, w.Key, batch) })
			if errors.Is(err, errInvited) || errors.Is(err, ledger.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// inviteSome tells those of a batch who were not told before a stop.
func (s *Server) inviteSome(tx *registry.Tx, id string, batch []Invitation) error {
	item, err := s.surveys.Load(tx, id)
	if err != nil {
		return err
	}
	v := &item.Value
	if s.Invite == nil || !tx.Now.Before(v.Closes) {
		return errInvited
	}
	for _, i := range batch {
		if i.Lease <= v.Last {
			continue
		}
		i.ID, i.At = "msg_"+string(tx.Org)+"_"+id+"_"+i.Lease, tx.Now
		if i.Token, err = s.Link(tx.Org, i.Lease, "", tx.Now.Add(linkLife)); err != nil {
			return err
		}
		work, err := s.Invite(tx.Org, &i)
		if err != nil {
			return err
		}
		work.At = tx.Now
		tx.Due(work)
		v.Told, v.Last = v.Told+1, i.Lease
	}
	tx.About(s.surveys.Name, id, "announced")
	return s.surveys.Save(tx, item)
}
