package identity

import (
	"context"
	"strings"

	"fettle/internal/auth"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/private"
)

// Sessions finds out whose session a token is of.
type Sessions interface {
	// Verify returns who has signed in, auth.ErrUnknown when nobody has or no longer.
	Verify(ctx context.Context, token string) (*auth.Principal, error)
}

// Phone returns the user with a telephone, auth.ErrUnknown when there is none or they may not call.
func (d *Directory) Phone(ctx context.Context, s Signer, o org.ID, p private.Phone) (*User, error) {
	key, err := PhoneKey(s, o, p)
	if err != nil {
		return nil, err
	}
	page, err := d.store.Records(ctx, o, ledger.Where(userKind, key.Name, key.Value), 1)
	if err != nil {
		return nil, err
	}
	if len(page.Records) == 0 {
		return nil, auth.ErrUnknown
	}
	u, err := userOf(&page.Records[0])
	if err != nil {
		return nil, err
	}
	if u.Disabled {
		return nil, auth.ErrUnknown
	}
	return u, nil
}

// Name is what a user is called who stands in the log as an actor, "" for anything else.
func (d *Directory) Name(ctx context.Context, o org.ID, actor string) string {
	id, ok := strings.CutPrefix(actor, "user:")
	if !ok {
		return ""
	}
	s, err := d.look(ctx, account{o, userKind, id})
	if err != nil {
		return ""
	}
	return s.user.Name
}
