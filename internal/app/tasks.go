package app

import (
	"context"

	"fettle/internal/due"
	"fettle/internal/leasing"
	"fettle/internal/post"
	"fettle/internal/taskserver"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// taskLate is the template of what supervisors are told of tasks.
const taskLate = "task.late"

// tasks makes the service of work that is no repair, for every org.
func (a *App) tasks() *taskserver.Server {
	return taskserver.New(taskserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Tell: func(o org.ID, l *taskserver.Letter) (ledger.DueWork, error) {
			n := post.Notice{Template: taskLate}
			n.ID, n.Org, n.Kind, n.To, n.DueAt = l.ID, string(o), taskLate, post.Supervisor, a.cfg.Clock.Now()
			n.Vars = map[string]string{"note": l.Text, "task": l.Task}
			return a.post.Tell(o, &n)
		},
	})
}

// watchTask does the due work of tasks.
func (a *App) watchTask(o org.ID) due.Handler {
	s := a.tasks()
	return func(ctx context.Context, w ledger.DueWork) error { return s.Promise(ctx, o, w) }
}

// roommateLeft opens the task of a room-mate who has left.
func (a *App) roommateLeft(o org.ID) due.Handler {
	s := a.tasks()
	return func(ctx context.Context, w ledger.DueWork) error {
		return s.Left(ctx, o, w, func(ctx context.Context, o org.ID, id string) (string, int, error) {
			return a.leases.Roommates(ctx, o, lease.ID(id))
		})
	}
}

// taskDue are the handlers of the due work of tasks.
func (a *App) taskDue(o org.ID) map[string]due.Handler {
	return map[string]due.Handler{taskserver.DuePromise: a.watchTask(o), leasing.DueLeft: a.roommateLeft(o)}
}
