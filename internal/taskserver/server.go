// Package taskserver is TaskService: work that is no repair, as resources of the registry, with promises that are watched by due work.
package taskserver

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	policyv1 "fettle/api/gen/fettle/policy/v1"
	taskv1 "fettle/api/gen/fettle/task/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/intake/task"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// DuePromise is the due work that looks whether a promise is broken; its key is the id of the task.
const DuePromise = "task.promise"

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	// Tell makes the work of telling supervisors that a promise is broken.
	Tell func(o org.ID, l *Letter) (ledger.DueWork, error)
}

// Letter is what supervisors are told of a task.
type Letter struct{ ID, Task, Text string }

// Server implements TaskService.
type Server struct {
	taskv1.UnimplementedTaskServiceServer
	c     Config
	tasks registry.Resource[task.Task, *taskv1.Task]
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.tasks = registry.Resource[task.Task, *taskv1.Task]{Registry: c.Registry, Kind: Tasks(), Field: "task", ToMessage: show}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { taskv1.RegisterTaskServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return taskv1.RegisterTaskServiceHandlerClient(ctx, m, taskv1.NewTaskServiceClient(conn))
}

// The keys of tasks.
const (
	ofUnit = "unit"
	ofRole = "role"
	byTime = "time"
	byOpen = "open" // role, of those that are
)

// Tasks is how tasks are kept.
func Tasks() *registry.Kind[task.Task] {
	return &registry.Kind[task.Task]{
		Name: "tasks", Prefix: "tk_", Keys: keys, State: func(t *task.Task) string { return string(t.State) },
	}
}

func keys(t *task.Task) []ledger.Key {
	out := []ledger.Key{
		{Name: ofUnit, Value: ledger.Text(t.Unit)}, {Name: byTime, Value: ledger.Instant(t.Opened)}, {Name: ofRole, Value: ledger.Text(t.Role)},
	}
	if t.State == task.New || t.State == task.Claimed {
		out = append(out, ledger.Key{Name: byOpen, Value: ledger.Text(t.Role)})
	}
	return out
}

// CreateTask implements the method of the same name.
func (s *Server) CreateTask(ctx context.Context, r *taskv1.CreateTaskRequest) (*taskv1.Task, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	in := r.GetTask()
	kind, channel := task.Kind(in.GetKind().String()), dispatch.Channel("")
	if kind == task.Matching && !slices.ContainsFunc(who.Roles, func(r auth.Role) bool { return r != auth.Tenant }) {
		return nil, &invalid.Error{Field: "task.kind", Value: string(kind), Want: "a kind that tenants may open"}
	}
	if in.GetChannel() != dispatchv1.WorkOrder_CHANNEL_UNSPECIFIED {
		channel = dispatch.Channel(in.GetChannel().String())
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*taskv1.Task, error) {
		t, err := task.Open(kind, in.GetUnitId(), in.GetDescription(), channel, tx.Now)
		if err != nil {
			return nil, wire.In("task", err)
		}
		item, err := s.open(tx, t)
		if err != nil {
			return nil, err
		}
		return show(item), nil
	})
}

// open keeps a task, and the one that follows from it.
func (s *Server) open(tx *registry.Tx, t task.Task) (*registry.Item[task.Task], error) {
	item, err := s.insert(tx, t)
	if err != nil {
		return nil, err
	}
	tx.About(s.tasks.Name, item.ID)
	if next := t.Follow(); next != nil {
		next.Parent = item.ID
		_, err = s.insert(tx, *next)
	}
	return item, err
}

func (s *Server) insert(tx *registry.Tx, t task.Task) (*registry.Item[task.Task], error) {
	item, err := s.tasks.Insert(tx, t)
	if err == nil {
		watch(tx, item)
	}
	return item, err
}

// watch sets the work that looks at the next promise, or takes it away.
func watch(tx *registry.Tx, item *registry.Item[task.Task]) {
	w := ledger.DueWork{Kind: DuePromise, Key: item.ID, At: item.Value.Next()}
	if w.At.IsZero() {
		tx.Done(w)
		return
	}
	tx.Due(w)
}

// GetTask implements the method of the same name.
func (s *Server) GetTask(ctx context.Context, r *taskv1.GetTaskRequest) (*taskv1.Task, error) {
	return s.tasks.Get(ctx, r.GetId())
}

// ListTasks implements the method of the same name.
func (s *Server) ListTasks(ctx context.Context, r *taskv1.ListTasksRequest) (*taskv1.ListTasksResponse, error) {
	q, role := s.tasks.All(), r.GetRole()
	switch {
	case r.GetUnitId() != "":
		q = s.tasks.Where(ofUnit, ledger.Text(r.GetUnitId()))
	case r.GetOpen() && role != 0:
		q = s.tasks.Where(byOpen, ledger.Text(role.String()))
	case r.GetOpen():
		q = s.tasks.Between(byOpen, "", "")
	case role != 0:
		q = s.tasks.Where(ofRole, ledger.Text(role.String()))
	}
	found, next, err := s.tasks.List(ctx, r, q)
	return &taskv1.ListTasksResponse{Tasks: found, NextPageToken: next}, err
}

// verb is a request about one task.
type verb interface {
	GetId() string
	GetEtag() string
}

// change applies a verb, by somebody whose task it is.
func (s *Server) change(tx *registry.Tx, r verb, field string, apply func(t *task.Task, by string) error) (*taskv1.Task, error) {
	who, ok := auth.FromContext(tx.Context())
	if !ok {
		return nil, auth.ErrUnknown
	}
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	item, err := s.tasks.Load(tx, r.GetId())
	if err != nil {
		return nil, err
	}
	if version != call.AnyVersion && version != item.Version {
		return nil, ledger.ErrStale
	}
	t := &item.Value
	if !who.Has(auth.Role(t.Role)) && !who.Has(auth.Supervisor) && !who.Has(auth.OrgAdmin) && !who.Has(auth.Dispatcher) {
		return nil, &engine.ConflictError{Reason: "TASK_OF_ANOTHER_ROLE", State: engine.State(t.State), Detail: "the task is that of the role " + t.Role}
	}
	known := len(t.Breached)
	if err := apply(t, who.Name); err != nil {
		return nil, err
	}
	if err := s.tell(tx, item, t.Breached[known:]); err != nil {
		return nil, err
	}
	tx.About(s.tasks.Name, item.ID, field)
	watch(tx, item)
	if err := s.tasks.Save(tx, item); err != nil {
		return nil, err
	}
	return show(item), nil
}

// broken says what supervisors are told.
var broken = map[task.Promise]string{ //nolint:gochecknoglobals // a constant table
	task.ToClaim: "nobody has claimed it in time", task.ToDo: "it is not done in time",
}

// Promise does the due work of kind DuePromise: what is broken is counted, and supervisors are told.
func (s *Server) Promise(ctx context.Context, o org.ID, w ledger.DueWork) error {
	return s.c.Registry.Work(ctx, o, DuePromise, func(tx *registry.Tx) error {
		tx.About(s.tasks.Name, w.Key, "breached")
		item, err := s.tasks.Load(tx, w.Key)
		if errors.Is(err, ledger.ErrNotFound) {
			tx.Done(w)
			return nil
		}
		if err != nil {
			return err
		}
		fresh := item.Value.Due(tx.Now)
		watch(tx, item)
		if len(fresh) == 0 {
			return nil
		}
		if err := s.tell(tx, item, fresh); err != nil {
			return err
		}
		return s.tasks.Save(tx, item)
	})
}

// tell tells supervisors of promises that are broken.
func (s *Server) tell(tx *registry.Tx, item *registry.Item[task.Task], promises []task.Promise) error {
	for _, p := range promises {
		letter, err := s.c.Tell(tx.Org, &Letter{
			ID: item.ID + "." + strings.ToLower(string(p)), Task: item.ID, Text: strings.ToLower(string(item.Value.Kind)) + ": " + broken[p],
		})
		if err != nil {
			return err
		}
		letter.At = tx.Now
		tx.Due(letter)
	}
	return nil
}

func show(item *registry.Item[task.Task]) *taskv1.Task {
	t := &item.Value
	out := &taskv1.Task{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		Kind: kindOf(t.Kind), State: taskv1.Task_State(taskv1.Task_State_value[string(t.State)]), Role: policyv1.Role(policyv1.Role_value[t.Role]),
		UnitId: t.Unit, Description: t.Text, Channel: dispatchv1.WorkOrder_Channel(dispatchv1.WorkOrder_Channel_value[string(t.Channel)]),
		ParentId: t.Parent, Owner: t.Owner, ClaimDueTime: wire.Timestamp(t.ClaimDue), DoneDueTime: wire.Timestamp(t.DoneDue),
		ClaimTime: wire.Timestamp(t.ClaimedAt), EndTime: wire.Timestamp(t.Ended), Outcome: t.Outcome,
	}
	for _, p := range t.Breached {
		out.Breached = append(out.Breached, string(p))
	}
	for _, p := range t.Proposals {
		out.Proposals = append(out.Proposals, &taskv1.Task_Proposal{
			TenantId: p.Tenant, State: taskv1.Task_Proposal_State(taskv1.Task_Proposal_State_value[string(p.State)]), Note: p.Note, Time: wire.Timestamp(p.Time),
		})
	}
	return out
}

func kindOf(k task.Kind) taskv1.Task_Kind { return taskv1.Task_Kind(taskv1.Task_Kind_value[string(k)]) }
