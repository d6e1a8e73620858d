package app

import (
	"context"

	"fettle/internal/due"
	"fettle/internal/post"
	"fettle/internal/taskserver"
	"fettle/ledger"
	"fettle/org"
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
