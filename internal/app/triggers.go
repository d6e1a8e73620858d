package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/leasing"
	"fettle/internal/post"
	"fettle/internal/territory"
	"fettle/internal/triggerserver"
	"fettle/internal/voiceserver"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/renewal/trigger"
)

// openTriggers makes what is done for tenants without being asked, for every org.
func (a *App) openTriggers() {
	a.triggers = triggerserver.New(triggerserver.Config{
		Registry: a.registry(), Residence: a.residence(), Clock: a.cfg.Clock, Post: letters{a}, Tenant: a.tenant, Clean: a.clean,
	})
}

// tenant fills in what is known of a tenant.
func (a *App) tenant(ctx context.Context, o org.ID, t *trigger.Tenant) error {
	k, err := a.profiles.Tenant(ctx, o, t.Lease)
	t.Tags, t.Segment, t.Signals = k.Tags, k.Segment, k.Signals
	return err
}

// letters carries what rules tell.
type letters struct{ a *App }

// noteTemplate is the template of texts that rules bring with them.
const noteTemplate = "lease.note"

func noticeOf(o org.ID, l *triggerserver.Letter) post.Notice {
	n := post.Notice{Template: cmp.Or(l.Template, noteTemplate)}
	n.ID, n.Org, n.Kind, n.To, n.LeaseID, n.Renter, n.UnitID = l.ID, string(o), n.Template, post.Tenant, l.Lease, l.Renter, l.Unit
	n.Stage, n.DueAt = l.Rule, l.At
	if l.Owed {
		n.Owner = leasing.DueObligation
	}
	n.Vars = map[string]string{"lease": l.Lease, "unit": l.Unit, "end": l.End.String(), "note": l.Text}
	return n
}

// Reaches implements triggerserver.Post.
func (p letters) Reaches() bool { return p.a.post.Reaches() }

// Letter implements triggerserver.Post.
func (p letters) Letter(o org.ID, l *triggerserver.Letter) (ledger.DueWork, error) {
	n := noticeOf(o, l)
	return p.a.post.Tell(o, &n)
}

// Foresee implements triggerserver.Post.
func (p letters) Foresee(ctx context.Context, o org.ID, all []triggerserver.Letter) ([]triggerserver.Fate, error) {
	notices := make([]post.Notice, len(all))
	for i := range all {
		notices[i] = noticeOf(o, &all[i])
	}
	seen, err := p.a.post.Foresee(ctx, o, notices)
	out := make([]triggerserver.Fate, len(seen))
	for i, f := range seen {
		out[i] = triggerserver.Fate{Outcome: cmp.Or(f.Reason, "SEND"), Channel: f.Channel, Until: f.Until}
		if !f.Until.IsZero() {
			out[i].Outcome = "HELD"
		}
	}
	return out, err
}

// surveyTemplate is the template of what tenants are told of a survey.
const surveyTemplate = "lease.survey"

// invite makes the work of telling a tenant of a survey: by their wishes, in their hours, under the caps of all messages.
func (a *App) invite(o org.ID, v *voiceserver.Invitation) (ledger.DueWork, error) {
	n := noticeOf(o, &triggerserver.Letter{
		ID: v.ID, Template: surveyTemplate, Lease: v.Lease, Renter: v.Renter, Unit: v.Unit, At: v.At, Text: a.cfg.PublicURL + "/r/" + v.Token,
	})
	return a.post.Tell(o, &n)
}

// clean makes the order of a cleaning, unless there is one of its id. It is where the dwelling is.
func (a *App) clean(ctx context.Context, o org.ID, actor string, v triggerserver.Visit) error {
	t, err := a.territories(o)
	if err != nil {
		return err
	}
	at, err := a.residence().Place(ctx, o, v.Unit)
	if err != nil {
		return err
	}
	wish := engine.Wish{
		Location: at, UnitID: v.Unit, Description: "Free cleaning", Skills: []dispatch.SkillLevel{{Skill: "cleaning", Level: 1}},
		OnSite: cleaningTime, Urgency: dispatch.UrgencyNormal, Windows: []dispatch.TimeSpan{{Start: v.From, End: v.To}},
	}
	_, err = t.Do(ctx, territory.Request{
		Actor: actor, Method: triggerserver.DueClean, Command: engine.CreateOrder{ID: dispatch.WorkOrderID(v.Order), Wish: wish},
	})
	if errors.Is(err, engine.ErrExists) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the order of a cleaning: %w", err)
	}
	return nil
}

// cleaningTime is how long a cleaning takes.
const cleaningTime = 90 * time.Minute
