package signserver

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	signingv1 "fettle/api/gen/fettle/signing/v1"
	"fettle/internal/auth"
	"fettle/internal/esign"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/signing"
)

// change carries out a verb on an envelope.
func (s *Server) change(
	ctx context.Context, r proto.Message, id string, verb func(tx *registry.Tx, e *signing.Envelope) error,
) (*signingv1.Signature, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*signingv1.Signature, error) {
		item, err := s.resource.Load(tx, id)
		if err != nil {
			return nil, err
		}
		if err := verb(tx, &item.Value); err != nil {
			return nil, err
		}
		if !item.Value.Holds() {
			tx.Done(ledger.DueWork{Kind: DueExpire, Key: id})
		}
		tx.About(s.resource.Name, id, "state")
		if err := s.resource.Save(tx, item); err != nil {
			return nil, err
		}
		return s.resource.ToMessage(item), nil
	})
}

// SendSignatureCode implements the method of the same name. The code is kept as a keyed hash before it goes out.
func (s *Server) SendSignatureCode(ctx context.Context, r *signingv1.SendSignatureCodeRequest) (*signingv1.Signature, error) {
	if s.SendCode == nil {
		return nil, auth.ErrNoCodes
	}
	var code *Code
	m, err := s.change(ctx, r, r.GetId(), func(tx *registry.Tx, e *signing.Envelope) error {
		p, err := s.Person(ctx, tx.Org, e.Tenant)
		if err != nil {
			return err
		}
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return fmt.Errorf("draw a code: %w", err)
		}
		l, err := s.Desk.Lease(ctx, tx.Org, e.Lease)
		if err != nil {
			return err
		}
		code = &Code{ID: tx.NewID("msg_sg_"), Unit: l.Value.Unit, Phone: p.Phone, Digits: fmt.Sprintf("%06d", n), Life: signing.CodeLife}
		hash, err := s.codeHash(tx.Org, r.GetId(), code.Digits)
		if err != nil {
			return err
		}
		return e.Send(r.GetId(), hash, tx.Now)
	})
	if err != nil || code == nil { // or it was sent before, under the same key
		return m, err
	}
	who, _ := auth.FromContext(ctx)
	if err := s.SendCode(ctx, who.Org, code); err != nil {
		return nil, fmt.Errorf("%w: %w", auth.ErrNoCodes, err)
	}
	return m, nil
}

// codeHash is the keyed hash of a code for an envelope.
func (s *Server) codeHash(o org.ID, id, digits string) (string, error) {
	return s.Index(o, "signature code", id+"."+digits)
}

// IdentifySigner implements the method of the same name. A wrong answer is counted before it is told.
func (s *Server) IdentifySigner(ctx context.Context, r *signingv1.IdentifySignerRequest) (*signingv1.Signature, error) {
	m, err := s.change(ctx, r, r.GetId(), func(tx *registry.Tx, e *signing.Envelope) error {
		right, err := s.right(tx, e, r)
		if err != nil {
			return err
		}
		return e.Identify(r.GetId(), right, tx.Now)
	})
	if err == nil && m.GetWrongAnswer() {
		err = fault.New("answer", "", fmt.Sprintf("the one that only the signer knows; attempts left: %d", m.GetAttemptsLeft()))
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// right compares an answer with what is kept.
func (s *Server) right(tx *registry.Tx, e *signing.Envelope, r *signingv1.IdentifySignerRequest) (bool, error) {
	if e.Check == signing.PhoneCode {
		hash, err := s.codeHash(tx.Org, r.GetId(), r.GetAnswer())
		return e.Code != "" && subtle.ConstantTimeCompare([]byte(hash), []byte(e.Code)) == 1, err
	}
	p, err := s.Person(tx.Context(), tx.Org, e.Tenant)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return signing.Matches(p.NationalID, r.GetAnswer()), err
}

// SignSignature implements the method of the same name. The provider is asked once, however often the decision is made anew.
func (s *Server) SignSignature(ctx context.Context, r *signingv1.SignSignatureRequest) (*signingv1.Signature, error) {
	var made *esign.Signed
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, e *signing.Envelope) error {
		if err := e.MaySign(r.GetId(), r.GetDocumentSha256(), r.GetName(), tx.Now); err != nil {
			return err
		}
		l, err := s.Desk.Lease(ctx, tx.Org, e.Lease)
		if err == nil && l.Value.Current().Version != e.Terms {
			err = &fault.StateError{Thing: "lease " + string(e.Lease), State: "AMENDED", Verb: "sign", Legal: "the terms that the document states"}
		}
		if err != nil {
			return err
		}
		provider, err := s.provider(ctx, tx.Org)
		if err != nil {
			return err
		}
		if made == nil {
			data, err := s.file(ctx, tx.Who, &e.Document.File)
			if err != nil {
				return err
			}
			made, err = esign.Sign(ctx, provider, s.Authority, &esign.Request{Document: data, Signer: e.Name, Reference: r.GetId(), At: tx.Now})
			if err != nil {
				return err
			}
		}
		proof := signing.Proof{
			Provider: provider.Name(), Demo: provider.Demo(), CMS: made.CMS, Subject: made.Subject, Certificate: made.Certificate,
			Stamp: made.Stamp, StampedAt: made.StampedAt, Authority: made.Authority,
		}
		e.Sign(tx.Who.Name, r.GetName(), proof, tx.Now)
		account := e.Account(r.GetId(), s.Zone)
		if e.Evidence, err = s.keep(tx, &account, provider.Demo()); err != nil {
			return err
		}
		return s.follow(tx, e.Lease, "signed by "+r.GetId(), (*lease.Lease).Activate)
	})
}

// follow does something to the lease of an envelope, in the same transaction.
func (s *Server) follow(tx *registry.Tx, id lease.ID, reason string, edit func(*lease.Lease, lease.Moment) (lease.Lease, error)) error {
	method, ok := grpc.Method(tx.Context())
	if !ok {
		method = DueExpire // nobody has asked
	}
	c, _, err := s.Desk.Decided(tx.Context(), &leasing.Caller{Org: tx.Org, Actor: tx.Who.Name, Method: method}, id, reason, edit)
	if err != nil {
		return err
	}
	tx.Join(c)
	return nil
}

// back makes the lease of an envelope that came to nothing a draft again, where it still waits to be signed.
func (s *Server) back(tx *registry.Tx, e *signing.Envelope, reason string) error {
	l, err := s.Desk.Lease(tx.Context(), tx.Org, e.Lease)
	if err != nil || l.Value.State != lease.Signing {
		return err
	}
	return s.follow(tx, e.Lease, reason, func(l *lease.Lease, m lease.Moment) (lease.Lease, error) { return l.Withdraw(reason, m) })
}

// DeclineSignature implements the method of the same name.
func (s *Server) DeclineSignature(ctx context.Context, r *signingv1.EndSignatureRequest) (*signingv1.Signature, error) {
	return s.end(ctx, r, signing.Declined, "decline")
}

// WithdrawSignature implements the method of the same name.
func (s *Server) WithdrawSignature(ctx context.Context, r *signingv1.EndSignatureRequest) (*signingv1.Signature, error) {
	return s.end(ctx, r, signing.Withdrawn, "withdraw")
}

func (s *Server) end(ctx context.Context, r *signingv1.EndSignatureRequest, to signing.State, verb string) (*signingv1.Signature, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, e *signing.Envelope) error {
		if err := e.End(r.GetId(), to, verb, r.GetReason(), tx.Now); err != nil {
			return err
		}
		return s.back(tx, e, "the signature was "+string(to)+": "+r.GetReason())
	})
}

// Expire is the handler of due work of DueExpire: it notes that the time of an envelope is over.
func (s *Server) Expire(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		err := s.Registry.Work(ctx, o, DueExpire, func(tx *registry.Tx) error {
			item, err := s.resource.Load(tx, w.Key)
			if err != nil {
				return err
			}
			if !item.Value.Expire(tx.Now) {
				return errSettled
			}
			tx.About(s.resource.Name, w.Key, "state")
			if err := s.back(tx, &item.Value, "nobody has signed in time"); err != nil {
				return err
			}
			return s.resource.Save(tx, item)
		})
		if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, errSettled) {
			return nil
		}
		return err
	}
}
