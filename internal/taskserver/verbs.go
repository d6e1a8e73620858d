package taskserver

import (
	"cmp"
	"context"
	"errors"
	"time"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	taskv1 "fettle/api/gen/fettle/task/v1"
	"fettle/intake/task"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
)

// act is a verb without fields of its own but the outcome.
func (s *Server) act(ctx context.Context, r *taskv1.TaskVerbRequest, apply func(t *task.Task, by string, now time.Time) error) (*taskv1.Task, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*taskv1.Task, error) {
		return s.change(tx, r, "state", func(t *task.Task, by string) error { return apply(t, by, tx.Now) })
	})
}

// ClaimTask implements the method of the same name.
func (s *Server) ClaimTask(ctx context.Context, r *taskv1.TaskVerbRequest) (*taskv1.Task, error) {
	return s.act(ctx, r, func(t *task.Task, by string, now time.Time) error { return t.Claim(by, now) })
}

// ReleaseTask implements the method of the same name.
func (s *Server) ReleaseTask(ctx context.Context, r *taskv1.TaskVerbRequest) (*taskv1.Task, error) {
	return s.act(ctx, r, func(t *task.Task, _ string, _ time.Time) error { return t.Release() })
}

// CompleteTask implements the method of the same name.
func (s *Server) CompleteTask(ctx context.Context, r *taskv1.TaskVerbRequest) (*taskv1.Task, error) {
	return s.act(ctx, r, func(t *task.Task, by string, now time.Time) error { return t.Complete(by, r.GetOutcome(), now) })
}

// CancelTask implements the method of the same name.
func (s *Server) CancelTask(ctx context.Context, r *taskv1.TaskVerbRequest) (*taskv1.Task, error) {
	return s.act(ctx, r, func(t *task.Task, _ string, now time.Time) error { return t.Cancel(r.GetOutcome(), now) })
}

// ProposeTask implements the method of the same name.
func (s *Server) ProposeTask(ctx context.Context, r *taskv1.ProposeTaskRequest) (*taskv1.Task, error) {
	state := task.Proposed
	if r.GetState() != 0 {
		state = task.ProposalState(r.GetState().String())
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*taskv1.Task, error) {
		return s.change(tx, r, "proposals", func(t *task.Task, _ string) error {
			_, err := tx.Store().Record(ctx, tx.Org, "tenants", r.GetTenantId())
			if errors.Is(err, ledger.ErrNotFound) {
				return &invalid.Error{Field: "tenantId", Value: r.GetTenantId(), Want: "the id of a tenant"}
			}
			if err != nil {
				return err
			}
			return t.Propose(task.Proposal{Tenant: r.GetTenantId(), State: state, Note: r.GetNote(), Time: tx.Now})
		})
	})
}

const (
	reportBack = 28 * 24 * time.Hour
	reportMost = 50_000 // tasks
	pageSize   = 1000
)

// GetTaskReport implements the method of the same name.
func (s *Server) GetTaskReport(ctx context.Context, r *taskv1.GetTaskReportRequest) (*taskv1.TaskReport, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	from, err := wire.Instant("startTime", r.GetStartTime())
	if err != nil {
		return nil, err
	}
	to, err := wire.Instant("endTime", r.GetEndTime())
	if err != nil {
		return nil, err
	}
	now := s.c.Clock.Now()
	to = cmp.Or(to, now.Add(time.Microsecond)) // what is opened now counts
	if from = cmp.Or(from, to.Add(-reportBack)); !from.Before(to) {
		return nil, &invalid.Error{Field: "endTime", Value: to.Format(time.RFC3339), Want: "after startTime"}
	}
	var tasks []*task.Task
	q := s.tasks.Between(byTime, ledger.Instant(from), ledger.Instant(to))
	for {
		items, next, err := s.tasks.Kind.List(ctx, s.c.Store, who.Org, q, pageSize)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			tasks = append(tasks, &i.Value)
		}
		if next == (ledger.Place{}) {
			break
		}
		if len(tasks) >= reportMost {
			return nil, &invalid.Error{Field: "startTime", Value: from.Format(time.RFC3339), Want: "a span with at most 50,000 tasks"}
		}
		q.After = next
	}
	out := &taskv1.TaskReport{StartTime: wire.Timestamp(from), EndTime: wire.Timestamp(to)}
	for _, l := range task.Report(tasks, now) {
		rule, _ := task.RuleOf(l.Kind)
		out.Lines = append(out.Lines, &taskv1.TaskReport_Line{
			Kind: kindOf(l.Kind), Role: policyv1.Role(policyv1.Role_value[rule.Role]), Opened: int32(l.Opened), Open: int32(l.Open), Done: int32(l.Done),
			Canceled: int32(l.Canceled), ClaimedInTime: l.ClaimedInTime, DoneInTime: l.DoneInTime, MedianMinutes: l.Half,
		})
	}
	return out, nil
}
