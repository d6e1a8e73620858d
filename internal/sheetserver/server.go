// Package sheetserver is SheetService: spreadsheets of leases that come back edited are merged cell by cell with what has changed
// meanwhile. What only the file has changed is done, what both have changed differently is a task for somebody (ImportConflict), and
// nothing is overwritten. Each line is decided by itself, on the lease as it is at that moment.
package sheetserver

import (
	"context"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	sheetv1 "fettle/api/gen/fettle/sheet/v1"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
)

// Service is the full name of the service.
const Service = "fettle.sheet.v1.SheetService"

// Server implements SheetService.
type Server struct {
	sheetv1.UnimplementedSheetServiceServer
	registry  *registry.Registry
	desk      *leasing.Desk
	conflicts registry.Resource[conflict, *sheetv1.ImportConflict]
}

// New makes the service.
func New(r *registry.Registry, d *leasing.Desk) *Server {
	return &Server{registry: r, desk: d, conflicts: registry.Resource[conflict, *sheetv1.ImportConflict]{
		Registry: r, Kind: kind(), Field: "importConflict", ToMessage: show,
	}}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { sheetv1.RegisterSheetServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return sheetv1.RegisterSheetServiceHandlerClient(ctx, m, sheetv1.NewSheetServiceClient(conn))
}

// conflict is a cell that a file and the service have changed differently.
type conflict struct {
	Lease  string `json:"lease"`
	Column string `json:"column"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Base   string `json:"base"`
	Theirs string `json:"theirs"`
	Ours   string `json:"ours"`
	Taken  string `json:"taken,omitempty"` // FILE or RECORD, once resolved
	Actor  string `json:"actor,omitempty"`
}

// byState is the key of conflicts: those that wait, and those that are settled.
const byState = "state"

func kind() *registry.Kind[conflict] {
	return &registry.Kind[conflict]{
		Name: "importConflicts", Prefix: "ic_", State: func(c *conflict) string { return c.state().String() },
		Keys: func(c *conflict) []ledger.Key {
			return []ledger.Key{{Name: byState, Value: ledger.Text(c.state().String())}}
		},
	}
}

func (c *conflict) state() sheetv1.ImportConflict_State {
	if c.Taken == "" {
		return sheetv1.ImportConflict_OPEN
	}
	return sheetv1.ImportConflict_RESOLVED
}

func show(i *registry.Item[conflict]) *sheetv1.ImportConflict {
	c := &i.Value
	return &sheetv1.ImportConflict{
		Id: i.ID, CreateTime: stamp(i.Created), UpdateTime: stamp(i.Updated), Etag: wire.Etag(i.Version), State: c.state(), LeaseId: c.Lease,
		Column: c.Column, FileName: c.File, Line: int32(c.Line), Base: c.Base, File: c.Theirs, Record: c.Ours, Taken: c.Taken, Actor: c.Actor,
	}
}

func stamp(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }

// ListImportConflicts implements the method of the same name.
func (s *Server) ListImportConflicts(ctx context.Context, r *sheetv1.ListImportConflictsRequest) (*sheetv1.ListImportConflictsResponse, error) {
	state := r.GetState()
	if state == sheetv1.ImportConflict_STATE_UNSPECIFIED {
		state = sheetv1.ImportConflict_OPEN
	}
	found, next, err := s.conflicts.List(ctx, r, s.conflicts.Where(byState, ledger.Text(state.String())))
	if err != nil {
		return nil, err
	}
	return &sheetv1.ListImportConflictsResponse{ImportConflicts: found, NextPageToken: next}, nil
}

// GetImportConflict implements the method of the same name.
func (s *Server) GetImportConflict(ctx context.Context, r *sheetv1.GetImportConflictRequest) (*sheetv1.ImportConflict, error) {
	return s.conflicts.Get(ctx, r.GetId())
}
