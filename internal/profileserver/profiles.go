package profileserver

import (
	"context"
	"errors"
	"slices"
	"strings"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/renewal/profile"
)

// DuePurge is the due work of a source that was switched off: its facts are removed. Its key is the source.
const DuePurge = "profile.purge"

const (
	// maxLeases is how many leases one file may be of: they are kept in one transaction.
	maxLeases = 5000
	// maxTold is how many refused lines are told.
	maxTold = 1000
	// purgeBatch is how many leases lose the facts of a source in one transaction.
	purgeBatch = 500
)

type profiles struct {
	renewalv1.UnimplementedProfileServiceServer
	*house
}

// sourceOf is a source of a message.
func sourceOf(s renewalv1.FactSource) profile.Source { return profile.Source(s.String()) }

func showSource(s profile.Source) renewalv1.FactSource {
	return renewalv1.FactSource(renewalv1.FactSource_value[string(s)])
}

// ImportFacts implements the method of the same name.
func (s *profiles) ImportFacts(ctx context.Context, r *renewalv1.ImportFactsRequest) (*renewalv1.ImportFactsResponse, error) {
	source := sourceOf(r.GetSource())
	rows, refused, err := profile.Of(source).Read(strings.NewReader(r.GetContent()))
	if err != nil {
		return nil, &invalid.Error{Field: "content", Want: err.Error()}
	}
	by := map[string][]profile.Row{}
	for i := range rows {
		by[rows[i].Lease] = append(by[rows[i].Lease], rows[i])
	}
	if len(by) > maxLeases {
		return nil, &invalid.Error{Field: "content", Want: "lines of at most 5000 leases in a file"}
	}
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.ImportFactsResponse, error) {
		if err := s.on(tx, source); err != nil {
			return nil, err
		}
		told := slices.Clone(refused)
		out := &renewalv1.ImportFactsResponse{}
		for id, of := range by {
			why, err := s.take(tx, source, id, of)
			if err != nil {
				return nil, err
			}
			if why == "" {
				out.Leases++
				out.Lines += int32(len(of))
				continue
			}
			for i := range of {
				told = append(told, profile.Refusal{Line: of[i].Line, Reason: why})
			}
		}
		slices.SortFunc(told, func(a, b profile.Refusal) int { return a.Line - b.Line })
		out.RefusedCount = int32(len(told))
		for _, x := range told[:min(len(told), maxTold)] {
			out.Refused = append(out.Refused, &renewalv1.RefusedLine{Line: int32(x.Line), Reason: x.Reason})
		}
		tx.About(s.facts.Name, string(source))
		return out, nil
	})
}

// on refuses a source that is off, also at the commit.
func (s *profiles) on(tx *registry.Tx, source profile.Source) error {
	value := ledger.Text(string(source))
	item, err := one(tx.Context(), s.sources, tx.Store(), tx.Org, value)
	if err != nil {
		return err
	}
	if item == nil {
		tx.Absent(ledger.Holding{Kind: s.sources.Name, Name: keyOnce, Value: value})
		return nil
	}
	tx.Seen(ledger.Ref{Kind: s.sources.Name, ID: item.ID, Version: item.Version})
	if item.Value.Off {
		return &fault.StateError{Thing: "source " + string(source), State: "OFF", Verb: "import", Legal: "ON"}
	}
	return nil
}

// take adds the facts of one lease, or says why not.
func (s *profiles) take(tx *registry.Tx, source profile.Source, id string, rows []profile.Row) (refused string, err error) {
	if _, err := s.Residence.Lease(tx.Context(), tx.Org, lease.ID(id), s.today()); err != nil {
		if errors.Is(err, ledger.ErrNotFound) {
			return "there is no lease " + id, nil
		}
		return "", err
	}
	item, err := one(tx.Context(), s.facts, tx.Store(), tx.Org, ledger.Text(id, string(source)))
	if err != nil {
		return "", err
	}
	f := profile.Facts{Lease: id, Source: source}
	if item != nil {
		f = item.Value
	}
	var facts []profile.Fact
	for i := range rows {
		facts = append(facts, rows[i].Facts...)
		if rows[i].Agreed.After(f.Agreed) {
			f.Agreed = rows[i].Agreed
		}
	}
	var state *fault.StateError
	switch err := f.Add(facts, s.today(), tx.Now); {
	case errors.As(err, &state):
		return "the tenant has withdrawn the consent", nil
	case err != nil:
		return err.Error(), nil
	case item == nil:
		_, err = s.facts.Insert(tx, f)
		return "", err
	}
	item.Value = f
	return "", s.facts.Save(tx, item)
}

// GetProfile implements the method of the same name.
func (s *profiles) GetProfile(ctx context.Context, r *renewalv1.GetProfileRequest) (*renewalv1.Profile, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return s.show(ctx, who.Org, r.GetLeaseId())
}

// show makes the profile of a lease.
func (s *profiles) show(ctx context.Context, o org.ID, id string) (*renewalv1.Profile, error) {
	k, err := s.known(ctx, o, id)
	if err != nil {
		return nil, err
	}
	out := &renewalv1.Profile{LeaseId: id, UnitId: k.lease.Unit}
	for i := range k.signals {
		out.Signals = append(out.Signals, showSignal(&k.signals[i]))
	}
	for i := range k.tags {
		h := &k.tags[i]
		out.Tags = append(out.Tags, &renewalv1.ProfileTag{
			Tag: string(h.Tag), StartTime: wire.Timestamp(h.Since), ExpireTime: wire.Timestamp(h.Expires), Proof: h.Proof, Effect: h.Effect,
		})
	}
	missing := profile.Missing(k.signals, k.off)
	for _, source := range profile.Sources() {
		if why := missing[source]; why != "" {
			out.Missing = append(out.Missing, &renewalv1.MissingSource{Source: showSource(source), Reason: why})
		}
	}
	item, err := one(ctx, s.placed, s.Residence.Store, o, ledger.Text(id))
	if item != nil {
		out.Segment = showPlaced(&item.Value)
	}
	return out, err
}

func showSignal(x *profile.Signal) *renewalv1.ProfileSignal {
	out := &renewalv1.ProfileSignal{
		Name: x.Name, Value: x.Value, Unit: x.Unit, Source: showSource(x.Source), Basis: string(x.Source.Basis()), Facts: int32(x.Count),
		FirstDate: x.First.String(), LastDate: x.Last.String(), Time: wire.Timestamp(x.At),
	}
	if !x.Agreed.IsZero() {
		out.ConsentDate = x.Agreed.String()
	}
	return out
}

// WithdrawConsent implements the method of the same name.
func (s *profiles) WithdrawConsent(ctx context.Context, r *renewalv1.WithdrawConsentRequest) (*renewalv1.Profile, error) {
	source := sourceOf(r.GetSource())
	if _, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Profile, error) {
		id := r.GetLeaseId()
		if _, err := s.Residence.Lease(ctx, tx.Org, lease.ID(id), s.today()); err != nil {
			return nil, err
		}
		item, err := one(ctx, s.facts, tx.Store(), tx.Org, ledger.Text(id, string(source)))
		if err != nil {
			return nil, err
		}
		tx.About(s.facts.Name, id, "consent")
		f := profile.Facts{Lease: id, Source: source}
		if item != nil {
			f = item.Value
		}
		if err := f.Withdraw(tx.Now); err != nil {
			return nil, err
		}
		if item == nil {
			_, err = s.facts.Insert(tx, f)
		} else {
			item.Value = f
			err = s.facts.Save(tx, item)
		}
		return &renewalv1.Profile{LeaseId: id}, err
	}); err != nil {
		return nil, err
	}
	return s.GetProfile(ctx, &renewalv1.GetProfileRequest{LeaseId: r.GetLeaseId()})
}

// ListSources implements the method of the same name.
func (s *profiles) ListSources(ctx context.Context, _ *renewalv1.ListSourcesRequest) (*renewalv1.ListSourcesResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	off, err := s.off(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	out := &renewalv1.ListSourcesResponse{}
	for _, source := range profile.Sources() {
		m := sourceMessage(source, !off[source])
		if !off[source] {
			err := each(ctx, s.facts, s.Residence.Store, who.Org, s.facts.Where(keySource, ledger.Text(string(source))), func(item *registry.Item[profile.Facts]) {
				if len(item.Value.List) > 0 {
					m.Leases++
				}
			})
			if err != nil {
				return nil, err
			}
		}
		out.Sources = append(out.Sources, m)
	}
	return out, nil
}

func sourceMessage(source profile.Source, on bool) *renewalv1.ProfileSource {
	return &renewalv1.ProfileSource{Source: showSource(source), Enabled: on, Basis: string(source.Basis()), Columns: profile.Heads(source)}
}

// SwitchSource implements the method of the same name.
func (s *profiles) SwitchSource(ctx context.Context, r *renewalv1.SwitchSourceRequest) (*renewalv1.ProfileSource, error) {
	source := profile.Source(r.GetSource())
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.ProfileSource, error) {
		item, err := one(ctx, s.sources, tx.Store(), tx.Org, ledger.Text(string(source)))
		if err != nil {
			return nil, err
		}
		v := sourceState{Source: source, Off: !r.GetEnabled()}
		switch {
		case item == nil:
			item, err = s.sources.Insert(tx, v)
		case item.Value.Off && !v.Off:
			if err = s.empty(tx, source); err == nil {
				item.Value = v
				err = s.sources.Save(tx, item)
			}
		default:
			item.Value = v
			err = s.sources.Save(tx, item)
		}
		if err != nil {
			return nil, err
		}
		if v.Off {
			tx.Due(ledger.DueWork{Kind: DuePurge, Key: string(source), At: tx.Now})
		}
		tx.About(s.sources.Name, item.ID, "enabled")
		return sourceMessage(source, r.GetEnabled()), nil
	})
}

// empty refuses to switch a source on while facts of before are still there.
func (s *profiles) empty(tx *registry.Tx, source profile.Source) error {
	var n int
	err := each(tx.Context(), s.facts, tx.Store(), tx.Org, s.facts.Where(keySource, ledger.Text(string(source))), func(item *registry.Item[profile.Facts]) {
		n += len(item.Value.List)
	})
	if err == nil && n > 0 {
		err = &fault.StateError{Thing: "source " + string(source), State: "BEING_EMPTIED", Verb: "switch on", Legal: "OFF, and empty: in a moment"}
	}
	return err
}

// Purge is the handler of due work of DuePurge in an org: it removes the facts of a source that is off. What a tenant has
// withdrawn stays withdrawn.
func (s *Server) Purge(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		return s.profiles.purge(ctx, o, w)
	}
}

func (s *profiles) purge(ctx context.Context, o org.ID, w ledger.DueWork) error {
	source := profile.Source(w.Key)
	for left := true; left; {
		err := s.Registry.Work(ctx, o, DuePurge, func(tx *registry.Tx) error {
			state, err := one(ctx, s.sources, tx.Store(), o, ledger.Text(string(source)))
			if err != nil {
				return err
			}
			if left = state != nil && state.Value.Off; !left { // on again
				tx.Done(w)
				return nil
			}
			tx.Seen(ledger.Ref{Kind: s.sources.Name, ID: state.ID, Version: state.Version})
			n := 0
			var failed error
			if err := each(ctx, s.facts, tx.Store(), o, s.facts.Where(keySource, ledger.Text(string(source))), func(item *registry.Item[profile.Facts]) {
				if len(item.Value.List) == 0 || n == purgeBatch {
					return
				}
				n++
				item.Value.List = nil
				failed = errors.Join(failed, s.facts.Save(tx, item))
			}); err != nil || failed != nil {
				return errors.Join(err, failed)
			}
			tx.About(s.facts.Name, string(source), "facts")
			if left = n > 0; !left {
				tx.Done(w)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
