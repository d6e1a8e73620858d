package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/dispatch/problem"
	"fettle/dispatch/route"
	"fettle/internal/territory"
	"fettle/internal/wire"
)

// Limits of planning a problem that is sent whole.
const (
	maxSolving       = 2 // problems at a time
	maxSolveThreads  = 2
	defaultTimeLimit = 2 * time.Second
	quickTimeLimit   = 50 * time.Millisecond // for a problem of VROOM's, and so much more for each visit, up to the default
	timePerVisit     = 15 * time.Millisecond
	maxTimeLimit     = 60 * time.Second
	maxIterations    = 10_000_000
)

// plans implements PlanService.
type plans struct {
	*Server
	dispatchv1.UnimplementedPlanServiceServer
}

// SolvePlan implements the method of the same name.
func (s *plans) SolvePlan(ctx context.Context, r *dispatchv1.SolvePlanRequest) (*structpb.Struct, error) {
	limit := defaultTimeLimit
	if r.GetIterations() > 0 {
		limit = maxTimeLimit // the iterations end the search, the same every time
	}
	if r.GetTimeLimit() != nil {
		limit = r.GetTimeLimit().AsDuration()
	}
	switch {
	case r.GetProblem() == nil:
		return nil, &dispatch.InvalidError{Field: "problem", Want: "a problem in the fettle format"}
	case r.GetTimeLimit().CheckValid() != nil && r.GetTimeLimit() != nil, limit <= 0, limit > maxTimeLimit:
		return nil, &dispatch.InvalidError{Field: "timeLimit", Value: fmt.Sprintf("%gs", limit.Seconds()), Want: "above 0s, at most 60s"}
	case r.GetIterations() < 0 || r.GetIterations() > maxIterations:
		return nil, &dispatch.InvalidError{Field: "iterations", Value: fmt.Sprint(r.GetIterations()), Want: fmt.Sprintf("0 to %d", maxIterations)}
	case r.GetThreads() < 0 || r.GetThreads() > maxSolveThreads:
		return nil, &dispatch.InvalidError{Field: "threads", Value: fmt.Sprint(r.GetThreads()), Want: fmt.Sprintf("0 to %d", maxSolveThreads)}
	}
	o := route.Options{Seed: r.GetSeed(), Iterations: r.GetIterations(), TimeLimit: limit, Threads: int(max(r.GetThreads(), 1))}
	out, err := s.solve(ctx, r.GetProblem(), problem.Fettle, o)
	return out, inProblem(err)
}

// inProblem moves a fault of a problem to where the problem is in the request.
func inProblem(err error) error {
	var file *problem.Error
	if !errors.As(err, &file) {
		return wire.In("problem", err)
	}
	moved := *file
	moved.Field = strings.TrimSuffix("problem."+file.Field, ".")
	return &moved
}

// SolveVroom implements the method of the same name.
func (s *plans) SolveVroom(ctx context.Context, r *structpb.Struct) (*structpb.Struct, error) {
	return s.solve(ctx, r, problem.VROOM, route.Options{Seed: 1, Threads: 1})
}

// solve plans a problem and writes the plan in the language of its format: plan JSON as the command does, or VROOM's.
func (s *plans) solve(ctx context.Context, in *structpb.Struct, format problem.Format, o route.Options) (*structpb.Struct, error) {
	select {
	case s.solving <- struct{}{}:
		defer func() { <-s.solving }()
	default:
		return nil, fmt.Errorf("%d problems are being planned: %w", maxSolving, territory.ErrBusy)
	}
	began := s.cfg.Machine.Now()
	o.Elapsed = func() time.Duration { return s.cfg.Machine.Now().Sub(began) }
	data, err := in.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("read the problem: %w", err)
	}
	doc, err := problem.Read("body", data, format)
	if err != nil {
		return nil, err
	}
	if o.TimeLimit == 0 {
		o.TimeLimit = min(defaultTimeLimit, quickTimeLimit+time.Duration(len(doc.Problem.Visits))*timePerVisit)
	}
	found, err := plan.Solve(ctx, doc.Problem, plan.Options{Route: o, Bound: format == problem.Fettle})
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if format == problem.Fettle {
		err = problem.WritePlanJSON(&b, doc, found.Plan)
	} else {
		err = doc.WritePlan(&b, found.Plan)
	}
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	out := &structpb.Struct{}
	return out, out.UnmarshalJSON(b.Bytes())
}

// GetCurrentPlan implements the method of the same name.
func (s *plans) GetCurrentPlan(ctx context.Context, _ *dispatchv1.GetCurrentPlanRequest) (*dispatchv1.CurrentPlan, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	routes, unassigned, at, err := c.Plan(ctx)
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.CurrentPlan{Time: wire.Timestamp(at)}
	for i := range routes {
		out.Routes = append(out.Routes, wire.Route(&routes[i]))
	}
	for _, o := range unassigned {
		out.Unassigned = append(out.Unassigned, &dispatchv1.UnassignedOrder{WorkOrderId: string(o.ID), Unassigned: wire.Unassigned(o)})
	}
	return out, nil
}
