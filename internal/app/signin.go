package app

import (
	"context"
	"fmt"

	"fettle/internal/clock"
	"fettle/internal/gateway"
	"fettle/internal/identity"
	"fettle/internal/notify"
	"fettle/internal/signin"
	"fettle/internal/whereabouts"
	"fettle/org"
)

// people is what serves technicians as people.
type people struct {
	signIn    *signin.Desk
	endSignIn context.CancelFunc
	trace     *whereabouts.Trace
}

// openSignIn lets technicians sign in by telephone, where there is a way to send codes.
func (a *App) openSignIn(ctx context.Context, who *identity.Authenticator) {
	c := signin.Config{
		Store: a.store, Directory: who.Directory, Signer: a.ring, Clock: clock.System(), Log: a.cfg.Log, RequestID: gateway.RequestID,
		Serves: func(o org.ID) bool { return a.orgs[o] != nil },
	}
	switch {
	case a.cfg.ShowCodes != nil:
		c.Send = a.showCode
	case a.post.Carries():
		c.Send = a.sendCode
	}
	a.signIn = signin.New(c)
	who.Sessions = a.signIn
	ctx, a.endSignIn = context.WithCancel(context.WithoutCancel(ctx))
	a.signIn.Start(ctx)
}

// closeSignIn stops what openSignIn has started.
func (a *App) closeSignIn() {
	if a.signIn != nil {
		a.endSignIn()
		a.signIn.Wait()
	}
}

// sendCode sends a code by the channels of messages.
func (a *App) sendCode(ctx context.Context, m *signin.Message) error {
	return a.post.Hand(ctx, m.Org, &notify.Handed{
		ID: m.ID, Template: string(notify.SignInCode), Technician: m.Technician, Phone: m.Phone.Reveal(),
		Vars: map[string]string{"code": m.Code, "minutes": fmt.Sprint(int(m.Life.Minutes()))},
	})
}

// showCode writes a code where whoever runs a demo sees it.
func (a *App) showCode(_ context.Context, m *signin.Message) error {
	_, err := fmt.Fprintf(a.cfg.ShowCodes, "Code to sign in with %s: %s\n", m.Phone, m.Code)
	return err
}
