package tenantserver

import (
	"fmt"
	"time"

	tenantv1 "fettle/api/gen/fettle/tenant/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/vault"
	"fettle/internal/wire"
	"fettle/ledger"
)

// Conversation is what was written about an order: the record has the id of the order. Its words are sealed under a key of its
// own, which goes when who rents is erased.
type Conversation struct {
	Notes   []Note    `json:"notes"`
	Waiting time.Time `json:"waiting,omitzero"` // since when the tenant waits for an answer
}

// Note is one of its notes.
type Note struct {
	ID         string    `json:"id"`
	Time       time.Time `json:"time"`
	Side       string    `json:"side"`
	Technician string    `json:"technician,omitempty"` // the name of the one who wrote it
	By         string    `json:"by"`
	Text       string    `json:"text,omitempty"`
	Removed    bool      `json:"removed,omitempty"`
}

// keyWaiting finds the conversations that wait for an answer, by when that began.
const keyWaiting = "waiting"

// ConversationKind is the kind of the records.
const ConversationKind = "conversations"

// Conversations is how they are kept.
func Conversations() *registry.Kind[Conversation] {
	return &registry.Kind[Conversation]{Name: ConversationKind, Own: vault.Vault{}, Keys: func(c *Conversation) []ledger.Key {
		if c.Waiting.IsZero() {
			return nil
		}
		return []ledger.Key{{Name: keyWaiting, Value: ledger.Instant(c.Waiting)}}
	}}
}

// What a conversation holds at most, and how fast a side may write.
const (
	maxNotes  = 100
	burst     = 12
	burstTime = 10 * time.Minute
	// quietTime is how long nobody is told of more by a side that has just been told of.
	quietTime = 10 * time.Minute
)

// errLong refuses a note that has no place.
type errLong struct{}

func (errLong) Error() string {
	return fmt.Sprintf("the order has %d notes, which is the most", maxNotes)
}

// add appends a note. It reports whether the other side is to be told: not of one that follows another at once.
func (c *Conversation) add(n Note) (tell bool, err error) {
	if len(c.Notes) >= maxNotes {
		return false, errLong{}
	}
	recent := 0
	for i := range c.Notes {
		if c.Notes[i].Side == n.Side && n.Time.Sub(c.Notes[i].Time) < burstTime {
			recent++
		}
	}
	if recent >= burst {
		return false, fmt.Errorf("%d notes in %s: %w", recent, burstTime, auth.ErrTooOften)
	}
	tell = true
	if last := len(c.Notes) - 1; last >= 0 {
		tell = c.Notes[last].Side != n.Side || n.Time.Sub(c.Notes[last].Time) >= quietTime
	}
	c.Notes = append(c.Notes, n)
	switch {
	case n.Side != sideTenant:
		c.Waiting = time.Time{}
	case c.Waiting.IsZero():
		c.Waiting = n.Time
	}
	return tell, nil
}

// remove takes the words out of a note; false when there is no such note.
func (c *Conversation) remove(id string) bool {
	for i := range c.Notes {
		if n := &c.Notes[i]; n.ID == id {
			n.Text, n.Removed = "", true
			return true
		}
	}
	return false
}

// The sides.
var (
	sideTenant     = tenantv1.Note_TENANT.String()     //nolint:gochecknoglobals // a word of the contract
	sideDesk       = tenantv1.Note_DESK.String()       //nolint:gochecknoglobals // the same
	sideTechnician = tenantv1.Note_TECHNICIAN.String() //nolint:gochecknoglobals // the same
)

// sideOf is the side of a caller. Who is more than a technician writes for the desk.
func sideOf(who *auth.Principal) string {
	side := sideTenant
	for _, r := range who.Roles {
		switch r {
		case auth.Tenant:
		case auth.Technician:
			if side == sideTenant {
				side = sideTechnician
			}
		default:
			side = sideDesk
		}
	}
	return side
}

func showNote(n *Note) *tenantv1.Note {
	return &tenantv1.Note{
		Id: n.ID, CreateTime: wire.Timestamp(n.Time), Side: tenantv1.Note_Side(tenantv1.Note_Side_value[n.Side]), Text: n.Text,
		TechnicianName: n.Technician, CreatedBy: n.By, Removed: n.Removed,
	}
}

// showWaiting shows a conversation without its notes.
func showWaiting(item *registry.Item[Conversation]) *tenantv1.Conversation {
	return &tenantv1.Conversation{
		WorkOrderId: item.ID, Etag: wire.Etag(item.Version), WaitStartTime: wire.Timestamp(item.Value.Waiting), Count: int32(len(item.Value.Notes)),
	}
}

func showConversation(item *registry.Item[Conversation]) *tenantv1.Conversation {
	out := showWaiting(item)
	for i := range item.Value.Notes {
		out.Notes = append(out.Notes, showNote(&item.Value.Notes[i]))
	}
	return out
}
