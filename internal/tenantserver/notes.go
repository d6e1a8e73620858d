package tenantserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	tenantv1 "fettle/api/gen/fettle/tenant/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// DueAnswer is the due work that looks whether a tenant still waits for an answer; its key is the id of the order.
const DueAnswer = "note.answer"

// answerTime is how long a tenant waits before supervisors are told.
const answerTime = 30 * time.Minute

// Reader is whom a letter is for.
type Reader int

// The readers.
const (
	ToTenant Reader = iota
	ToTechnician
	ToSupervisor
)

// Letter tells somebody that there is a note. It does not say what is in it.
type Letter struct {
	ID         string
	To         Reader
	Order      string
	Unit       string
	Technician string
}

// notes implements NoteService.
type notes struct {
	tenantv1.UnimplementedNoteServiceServer
	c Config
}

// CreateNote implements the method of the same name.
func (s *notes) CreateNote(ctx context.Context, r *tenantv1.CreateNoteRequest) (*tenantv1.Note, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenantv1.Note, error) {
		order, item, err := s.load(tx, r.GetWorkOrderId())
		if err != nil {
			return nil, err
		}
		n := Note{ID: tx.NewID("nt_"), Time: tx.Now, Side: sideOf(tx.Who), By: tx.Who.Name, Text: r.GetText()}
		if n.Side == sideTechnician {
			live, err := s.c.Live(tx.Org)
			if err != nil {
				return nil, err
			}
			n.Technician = live.Name(dispatch.TechnicianID(tx.Who.Technician))
		}
		waited := item.Value.Waiting
		tell, err := item.Value.add(n)
		if errors.As(err, new(errLong)) {
			err = &engine.ConflictError{Reason: "TOO_MANY_NOTES", State: order.State, Detail: err.Error()}
		}
		if err != nil {
			return nil, err
		}
		tx.About("workOrders", item.ID, "notes")
		watch(tx, item, waited)
		if tell {
			if err := s.tell(tx, order, &n); err != nil {
				return nil, err
			}
		}
		return showNote(&n), Conversations().Save(tx, item)
	})
}

// load reads a conversation for a decision; one that nobody has begun is empty.
func (s *notes) load(tx *registry.Tx, id string) (*engine.Order, *registry.Item[Conversation], error) {
	order, err := s.c.Store.Order(tx.Context(), tx.Org, dispatch.WorkOrderID(id))
	if err != nil {
		return nil, nil, err
	}
	item, err := Conversations().Load(tx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return order, &registry.Item[Conversation]{ID: id, Created: tx.Now}, nil
	}
	return order, item, err
}

// watch sets the work that looks whether there is an answer, or takes it away.
func watch(tx *registry.Tx, item *registry.Item[Conversation], before time.Time) {
	now := item.Value.Waiting
	switch {
	case now.Equal(before):
	case now.IsZero():
		tx.Done(ledger.DueWork{Kind: DueAnswer, Key: item.ID})
	default:
		tx.Due(ledger.DueWork{Kind: DueAnswer, Key: item.ID, At: now.Add(answerTime)})
	}
}

// tell tells the other side of a note: the tenant of what is written here, of what the tenant writes the technician who has the order.
func (s *notes) tell(tx *registry.Tx, order *engine.Order, n *Note) error {
	l := Letter{ID: n.ID, Order: string(order.ID), Unit: order.UnitID}
	if n.Side == sideTenant {
		if l.To, l.Technician = ToTechnician, string(order.TechnicianID()); l.Technician == "" || !order.State.Open() {
			return nil
		}
	}
	return s.send(tx, &l)
}

func (s *notes) send(tx *registry.Tx, l *Letter) error {
	work, err := s.c.Tell(tx.Org, l)
	if err != nil {
		return err
	}
	work.At = tx.Now
	tx.Due(work)
	return nil
}

// GetConversation implements the method of the same name.
func (s *notes) GetConversation(ctx context.Context, r *tenantv1.GetConversationRequest) (*tenantv1.Conversation, error) {
	o, _ := org.FromContext(ctx)
	known := call.Header(ctx, "if-none-match")
	for waited := false; ; waited = true {
		last := s.c.Feed.Noted(o)
		out, err := s.read(ctx, o, r.GetWorkOrderId())
		if err != nil || waited || known == "" || !strings.Contains(known, `"`+out.GetEtag()+`"`) {
			return out, err
		}
		wait := call.Wait(ctx)
		if wait <= 0 {
			return out, nil
		}
		waiting, cancel := context.WithTimeout(ctx, wait)
		err = s.c.Feed.AwaitRecord(waiting, o, ConversationKind, r.GetWorkOrderId(), last)
		cancel()
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (s *notes) read(ctx context.Context, o org.ID, id string) (*tenantv1.Conversation, error) {
	if _, err := s.c.Store.Order(ctx, o, dispatch.WorkOrderID(id)); err != nil {
		return nil, err
	}
	item, err := Conversations().Read(ctx, s.c.Store, o, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return &tenantv1.Conversation{WorkOrderId: id, Etag: wire.Etag(0)}, nil
	}
	if err != nil {
		return nil, err
	}
	return showConversation(item), nil
}

// ListWaitingConversations implements the method of the same name.
func (s *notes) ListWaitingConversations(ctx context.Context, r *tenantv1.ListWaitingConversationsRequest) (*tenantv1.ListWaitingConversationsResponse, error) {
	list := registry.Resource[Conversation, *tenantv1.Conversation]{Registry: s.c.Registry, Kind: Conversations(), ToMessage: showWaiting}
	found, next, err := list.List(ctx, r, list.Between(keyWaiting, "", ""))
	if err != nil {
		return nil, err
	}
	return &tenantv1.ListWaitingConversationsResponse{Conversations: found, NextPageToken: next}, nil
}

// SettleConversation implements the method of the same name.
func (s *notes) SettleConversation(ctx context.Context, r *tenantv1.SettleConversationRequest) (*tenantv1.Conversation, error) {
	return s.change(ctx, r, func(_ *registry.Tx, c *Conversation) error {
		c.Waiting = time.Time{}
		return nil
	})
}

// RemoveNote implements the method of the same name.
func (s *notes) RemoveNote(ctx context.Context, r *tenantv1.RemoveNoteRequest) (*tenantv1.Conversation, error) {
	return s.change(ctx, r, func(tx *registry.Tx, c *Conversation) error {
		if !c.remove(r.GetId()) {
			return fmt.Errorf("note %s of %s: %w", r.GetId(), r.GetWorkOrderId(), ledger.ErrNotFound)
		}
		tx.Purpose(r.GetPurpose())
		return nil
	})
}

// asked is a request about the conversation of an order.
type asked interface {
	proto.Message
	GetWorkOrderId() string
}

// change changes a conversation that is there.
func (s *notes) change(ctx context.Context, r asked, apply func(tx *registry.Tx, c *Conversation) error) (*tenantv1.Conversation, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenantv1.Conversation, error) {
		item, err := Conversations().Load(tx, r.GetWorkOrderId())
		if err != nil {
			return nil, err
		}
		waited := item.Value.Waiting
		if err := apply(tx, &item.Value); err != nil {
			return nil, err
		}
		tx.About("workOrders", item.ID, "notes")
		watch(tx, item, waited)
		if err := Conversations().Save(tx, item); err != nil {
			return nil, err
		}
		return showConversation(item), nil
	})
}

// Answer does the due work of kind DueAnswer: supervisors are told of a tenant who still waits.
func (s *Server) Answer(ctx context.Context, o org.ID, w ledger.DueWork) error {
	n := &notes{c: s.c}
	return s.c.Registry.Work(ctx, o, DueAnswer, func(tx *registry.Tx) error {
		tx.About("workOrders", w.Key, "notes")
		tx.Done(w)
		order, item, err := n.load(tx, w.Key)
		if errors.Is(err, engine.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		since := item.Value.Waiting
		if since.IsZero() {
			return nil
		}
		tx.Seen(ledger.Ref{Kind: ConversationKind, ID: item.ID, Version: item.Version})
		return n.send(tx, &Letter{
			ID: fmt.Sprintf("%s.waits.%d", item.ID, since.Unix()), To: ToSupervisor, Order: item.ID, Unit: order.UnitID,
		})
	})
}
