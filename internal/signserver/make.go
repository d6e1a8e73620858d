package signserver

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	signingv1 "fettle/api/gen/fettle/signing/v1"
	"fettle/internal/adapter/pdf"
	"fettle/internal/auth"
	"fettle/internal/blob"
	"fettle/internal/esign"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/signing"
)

// DueExpire is the due work of an envelope whose time is over; its key is the id of the envelope.
const DueExpire = "signature.expire"

var (
	errKnown   = errors.New("there is one already")
	errSettled = errors.New("nothing is left to do")
)

func isKnown(err error) bool { return errors.Is(err, errKnown) }

// CreateSignature implements the method of the same name.
func (s *Server) CreateSignature(ctx context.Context, r *signingv1.CreateSignatureRequest) (*signingv1.Signature, error) {
	out, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*signingv1.Signature, error) {
		item, err := s.begin(tx, r.GetSignature())
		if err != nil {
			return nil, err
		}
		return s.resource.ToMessage(item), nil
	})
	return out, wire.In(s.resource.Field, err)
}

// OpenSignature implements the method of the same name. The answer that is kept holds no token.
func (s *Server) OpenSignature(ctx context.Context, r *signingv1.OpenSignatureRequest) (*signingv1.SignatureLink, error) {
	m, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*signingv1.Signature, error) {
		id, err := s.wanted(tx, &signingv1.Signature{RenewalId: r.GetRenewalId()})
		if err != nil {
			return nil, err
		}
		held, _, err := s.resource.Kind.List(ctx, s.Store, tx.Org, s.resource.Where(keyHeld, ledger.Text(string(id))), 1)
		if err != nil {
			return nil, err
		}
		if len(held) > 0 {
			return s.resource.ToMessage(held[0]), nil
		}
		item, err := s.begin(tx, &signingv1.Signature{RenewalId: r.GetRenewalId()})
		if err != nil {
			return nil, err
		}
		return s.resource.ToMessage(item), nil
	})
	if err != nil {
		return nil, err
	}
	return s.link(ctx, m.GetId())
}

// LinkSignature implements the method of the same name.
func (s *Server) LinkSignature(ctx context.Context, r *signingv1.LinkSignatureRequest) (*signingv1.SignatureLink, error) {
	return s.link(ctx, r.GetId())
}

func (s *Server) link(ctx context.Context, id string) (*signingv1.SignatureLink, error) {
	item, who, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	expires := item.Value.Expires
	if latest := s.Clock.Now().Add(maxLink); expires.After(latest) {
		expires = latest
	}
	token, err := s.Link(who.Org, item.ID, expires)
	if err != nil {
		return nil, err
	}
	return &signingv1.SignatureLink{SignatureId: item.ID, Token: token, ExpireTime: wire.Timestamp(expires)}, nil
}

// wanted is the lease that an envelope is asked for.
func (s *Server) wanted(tx *registry.Tx, in *signingv1.Signature) (lease.ID, error) {
	switch {
	case (in.GetLeaseId() == "") == (in.GetRenewalId() == ""):
		return "", &invalid.Error{Field: "leaseId", Value: in.GetLeaseId(), Want: "exactly one of leaseId and renewalId"}
	case in.GetLeaseId() != "":
		return lease.ID(in.GetLeaseId()), nil
	}
	next, err := s.Next(tx.Context(), tx.Org, in.GetRenewalId())
	if errors.Is(err, ledger.ErrNotFound) {
		return "", &invalid.Error{Field: "renewalId", Value: in.GetRenewalId(), Want: "the id of a proposal"}
	}
	if err == nil && next == "" {
		err = &fault.StateError{Thing: "renewal " + in.GetRenewalId(), State: "NOT_ACCEPTED", Verb: "sign", Legal: "ACCEPTED"}
	}
	return next, err
}

// begin makes an envelope and hands its lease out for signing.
func (s *Server) begin(tx *registry.Tx, in *signingv1.Signature) (*registry.Item[signing.Envelope], error) {
	id, err := s.wanted(tx, in)
	if err != nil {
		return nil, err
	}
	method, _ := grpc.Method(tx.Context())
	c, l, err := s.Desk.Decided(tx.Context(), &leasing.Caller{Org: tx.Org, Actor: tx.Who.Name, Method: method}, id, "to be signed by link", toSign)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, &invalid.Error{Field: "leaseId", Value: string(id), Want: "the id of a lease"}
	}
	if err != nil {
		return nil, err
	}
	tx.Join(c)
	e := signing.Envelope{Lease: id, Terms: l.Current().Version, Renewal: in.GetRenewalId(), Tenant: l.Tenant, State: signing.Open}
	if err := s.term(tx, &e, in); err != nil {
		return nil, err
	}
	if err := s.signer(tx, &e, in); err != nil {
		return nil, err
	}
	if err := s.write(tx, &e, &l); err != nil {
		return nil, err
	}
	item, err := s.resource.Insert(tx, e)
	if err != nil {
		return nil, err
	}
	tx.Due(ledger.DueWork{Kind: DueExpire, Key: item.ID, At: e.Expires})
	tx.About(s.resource.Name, item.ID)
	return item, nil
}

// toSign hands a draft out; a lease that is being signed stays as it is.
func toSign(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
	if l.State == lease.Signing {
		return *l, nil
	}
	return l.Sign(m)
}

// term reads until when the envelope can be signed.
func (s *Server) term(tx *registry.Tx, e *signing.Envelope, in *signingv1.Signature) error {
	at, err := wire.Instant("expireTime", in.GetExpireTime())
	if err != nil {
		return err
	}
	if at.IsZero() {
		at = tx.Now.Add(signing.Life)
	}
	if !at.After(tx.Now) || at.After(tx.Now.Add(signing.MaxLife)) {
		return fault.New("expireTime", at.Format("2006-01-02T15:04:05Z07:00"), "an instant to come, at most 60 days ahead")
	}
	e.Expires = at.Truncate(sec)
	return nil
}

// signer reads who signs, and how that is checked.
func (s *Server) signer(tx *registry.Tx, e *signing.Envelope, in *signingv1.Signature) error {
	p, err := s.Person(tx.Context(), tx.Org, e.Tenant)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	e.Name = p.Name
	if e.Check = signing.Check(in.GetCheck().String()); in.GetCheck() == signingv1.Signature_CHECK_UNSPECIFIED {
		if e.Check = signing.IDLastFour; p.NationalID == "" {
			e.Check = signing.PhoneCode
		}
	}
	switch {
	case e.Name == "":
		return fault.New("leaseId", e.Lease, "a lease of a tenant who is kept here, under /v1/tenants")
	case e.Check == signing.IDLastFour && p.NationalID == "":
		return fault.New("check", e.Check, "a check that can be made: no identity number of the tenant is kept")
	case e.Check == signing.PhoneCode && p.Phone == "":
		return fault.New("check", e.Check, "a check that can be made: no telephone of the tenant is kept")
	case e.Check == signing.PhoneCode && s.SendCode == nil:
		return auth.ErrNoCodes
	}
	return nil
}

// write makes the document of an envelope.
func (s *Server) write(tx *registry.Tx, e *signing.Envelope, l *lease.Lease) error {
	dwelling, err := s.Dwelling(tx.Context(), tx.Org, l.Unit)
	if err != nil {
		return err
	}
	provider, err := s.provider(tx.Context(), tx.Org)
	if err != nil {
		return err
	}
	e.Document = signing.Contract(l, &signing.Parties{Landlord: s.Landlord, Tenant: e.Name, Dwelling: dwelling})
	e.Document.File, err = s.keep(tx, &e.Document, provider.Demo(), pdf.Signatures{
		{Role: "出租人 / Landlord", Text: s.Landlord}, {Role: "承租人 / Tenant", Text: e.Name + "（电子签名 / signed electronically）"},
	})
	return err
}

// keep writes a document as PDF and keeps the file.
func (s *Server) keep(tx *registry.Tx, d *signing.Document, demo bool, more ...pdf.Block) (signing.FileRef, error) {
	facts := make(pdf.Facts, len(d.Lines))
	for i, l := range d.Lines {
		facts[i] = pdf.Fact{Name: l.Label, Value: l.Text}
	}
	doc := pdf.Document{Title: d.Title, Language: "zh-CN", Time: tx.Now, Blocks: append([]pdf.Block{facts}, more...)}
	if demo {
		doc.Footer = signing.Warning
	}
	data, err := doc.Bytes()
	if err != nil {
		return signing.FileRef{}, err
	}
	ref, parts := blob.Cut(tx.NewID("bl_"), data, tx.Now)
	tx.Write(parts...)
	return signing.FileRef{ID: ref.ID, Parts: ref.Parts, Bytes: ref.Bytes, SHA256: ref.SHA256}, nil
}

// file reads what keep has kept.
func (s *Server) file(ctx context.Context, who *auth.Principal, f *signing.FileRef) ([]byte, error) {
	ref := blob.Ref{ID: f.ID, Parts: f.Parts, Bytes: f.Bytes, SHA256: f.SHA256}
	return ref.Read(ctx, s.Store, who.Org, 0, 0)
}

// read finds an envelope of the caller's org.
func (s *Server) read(ctx context.Context, id string) (*registry.Item[signing.Envelope], *auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, nil, auth.ErrUnknown
	}
	item, err := s.resource.Read(ctx, s.Store, who.Org, id)
	return item, who, err
}

// GetSignature implements the method of the same name.
func (s *Server) GetSignature(ctx context.Context, r *signingv1.GetSignatureRequest) (*signingv1.Signature, error) {
	item, who, err := s.read(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	m := s.resource.ToMessage(item)
	if item.Value.Check == signing.PhoneCode && item.Value.State.Open() {
		p, err := s.Person(ctx, who.Org, item.Value.Tenant)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return nil, err
		}
		m.PhoneHint = hint(p.Phone)
	}
	return m, nil
}

// ListSignatures implements the method of the same name.
func (s *Server) ListSignatures(ctx context.Context, r *signingv1.ListSignaturesRequest) (*signingv1.ListSignaturesResponse, error) {
	q := s.resource.All()
	switch state := r.GetState(); {
	case r.GetLeaseId() != "" && state != signingv1.Signature_STATE_UNSPECIFIED:
		return nil, &invalid.Error{Field: "state", Value: state.String(), Want: "at most one of leaseId and state"}
	case r.GetLeaseId() != "":
		q = s.resource.Where(keyLease, ledger.Text(r.GetLeaseId()))
	case state != signingv1.Signature_STATE_UNSPECIFIED:
		q = s.resource.Where(keyState, ledger.Text(state.String()))
	}
	list, next, err := s.resource.List(ctx, r, q)
	return &signingv1.ListSignaturesResponse{Signatures: list, NextPageToken: next}, err
}

// GetSignatureDocument implements the method of the same name.
func (s *Server) GetSignatureDocument(ctx context.Context, r *signingv1.GetSignatureFileRequest) (*httpbody.HttpBody, error) {
	item, who, err := s.read(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	data, err := s.file(ctx, who, &item.Value.Document.File)
	if err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: pdf.ContentType, Data: data}, nil
}

// GetSignatureFile implements the method of the same name.
func (s *Server) GetSignatureFile(ctx context.Context, r *signingv1.GetSignatureFileRequest) (*httpbody.HttpBody, error) {
	item, _, err := s.signed(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: "application/pkcs7-signature", Data: item.Value.Proof.CMS}, nil
}

// GetSignatureEvidence implements the method of the same name.
func (s *Server) GetSignatureEvidence(ctx context.Context, r *signingv1.GetSignatureFileRequest) (*httpbody.HttpBody, error) {
	item, who, err := s.signed(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	data, err := s.file(ctx, who, &item.Value.Evidence)
	if err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: pdf.ContentType, Data: data}, nil
}

// signed finds an envelope that was signed.
func (s *Server) signed(ctx context.Context, id string) (*registry.Item[signing.Envelope], *auth.Principal, error) {
	item, who, err := s.read(ctx, id)
	if err == nil && item.Value.State != signing.Signed {
		err = &fault.StateError{Thing: "signature " + id, State: string(item.Value.On(s.Clock.Now())), Verb: "read what was signed", Legal: "SIGNED"}
	}
	return item, who, err
}

// VerifySignature implements the method of the same name.
func (s *Server) VerifySignature(ctx context.Context, r *signingv1.GetSignatureFileRequest) (*signingv1.Verification, error) {
	item, who, err := s.signed(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	e := &item.Value
	out := &signingv1.Verification{Demo: e.Proof.Demo}
	data, err := s.file(ctx, who, &e.Document.File)
	if errors.Is(err, blob.ErrBroken) {
		out.Findings = append(out.Findings, err.Error())
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	f := esign.Check(data, e.Proof.CMS, e.Proof.Stamp)
	out.DocumentMatches, out.SignatureMatches, out.StampMatches = true, f.Signature, f.Stamped
	out.Valid = f.Signature && (f.Stamped || len(e.Proof.Stamp) == 0)
	out.Findings = f.Problems
	if len(e.Proof.Stamp) == 0 {
		out.Findings = append(out.Findings, "no authority has stamped the time")
	}
	if e.Proof.Demo {
		out.Findings = append(out.Findings, signing.Warning)
	}
	return out, nil
}
