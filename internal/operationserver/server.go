// Package operationserver is OperationService: what operations there are, what they have done, and the imports and exports of
// dispatch and leases. internal/operation carries them on.
package operationserver

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	operationv1 "fettle/api/gen/fettle/operation/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/operation"
	"fettle/internal/registry"
	"fettle/internal/slides"
	"fettle/internal/wire"
	"fettle/ledger"
)

// Server implements OperationService.
type Server struct {
	operationv1.UnimplementedOperationServiceServer
	registry *registry.Registry
	runner   *operation.Runner
	store    operation.Store
}

// New makes the service. The runner must know Types.
func New(r *registry.Registry, runner *operation.Runner, s operation.Store) *Server {
	return &Server{registry: r, runner: runner, store: s}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { operationv1.RegisterOperationServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return operationv1.RegisterOperationServiceHandlerClient(ctx, m, operationv1.NewOperationServiceClient(conn))
}

// Types are the operations that this service begins.
func Types() []operation.Type {
	technicians, orders := importTechnicians(), importWorkOrders()
	people := importTenants()
	return append(decks(), people.Type(), importLeases(), technicians.Type(), orders.Type(), exportWorkOrders(), exportLeases())
}

// seen reads an operation that the caller may see; others are not there.
func (s *Server) seen(ctx context.Context, id string) (*registry.Item[operation.Operation], *auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, nil, auth.ErrUnknown
	}
	item, err := operation.Kind().Read(ctx, s.store, who.Org, id)
	if err == nil && !item.Value.SeenBy(who) {
		err = fmt.Errorf("operations %s: %w", id, ledger.ErrNotFound)
	}
	return item, who, err
}

// ListOperations implements the method of the same name. A page may hold fewer than were asked for: those of others are left out.
func (s *Server) ListOperations(ctx context.Context, r *operationv1.ListOperationsRequest) (*operationv1.ListOperationsResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	kind := operation.Kind()
	q := kind.All()
	if t := r.GetType(); t != "" {
		q = kind.Where(operation.KeyType, ledger.Text(t))
	}
	q.Descending = true
	filter := call.Filter(kind.Name, who.Org, q.Key, q.Value)
	if err := after(&q, r.GetPageToken(), filter); err != nil {
		return nil, err
	}
	items, next, err := kind.List(ctx, s.store, who.Org, q, call.PageSize(r.GetPageSize()))
	if err != nil {
		return nil, err
	}
	out := &operationv1.ListOperationsResponse{}
	for _, item := range items {
		if item.Value.SeenBy(who) {
			out.Operations = append(out.Operations, show(item))
		}
	}
	if next != (ledger.Place{}) {
		out.NextPageToken = token(next, filter)
	}
	return out, nil
}

// after lets a query begin where the page of a token ends.
func after(q *ledger.Query, pageToken, filter string) error {
	text, err := call.PageAfter(pageToken, filter)
	if text != "" {
		q.After.ID, q.After.Value, _ = strings.Cut(text, "\x00") // ids hold no NUL
	}
	return err
}

func token(next ledger.Place, filter string) string {
	return call.PageToken(next.ID+"\x00"+next.Value, filter)
}

// GetOperation implements the method of the same name.
func (s *Server) GetOperation(ctx context.Context, r *operationv1.GetOperationRequest) (*operationv1.Operation, error) {
	item, _, err := s.seen(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	return show(item), nil
}

// groupOf is how many results are kept together, about.
const groupOf = 200

// ListOperationResults implements the method of the same name.
func (s *Server) ListOperationResults(
	ctx context.Context, r *operationv1.ListOperationResultsRequest,
) (*operationv1.ListOperationResultsResponse, error) {
	item, who, err := s.seen(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	kind := operation.Batches()
	key := operation.KeyOperation
	if r.GetFailed() {
		key = operation.KeyFailed
	}
	q := ledger.Under(kind.Name, key, ledger.Text(item.ID))
	filter := call.Filter(kind.Name, who.Org, key, item.ID)
	if err := after(&q, r.GetPageToken(), filter); err != nil {
		return nil, err
	}
	groups := max(1, (int(r.GetPageSize())+groupOf-1)/groupOf)
	found, next, err := kind.List(ctx, s.store, who.Org, q, min(groups, 5))
	if err != nil {
		return nil, err
	}
	out := &operationv1.ListOperationResultsResponse{}
	for _, b := range found {
		for i := range b.Value.Results {
			if one := &b.Value.Results[i]; !r.GetFailed() || !one.OK {
				out.Results = append(out.Results, showResult(one))
			}
		}
	}
	if next != (ledger.Place{}) {
		out.NextPageToken = token(next, filter)
	}
	return out, nil
}

// CancelOperation implements the method of the same name.
func (s *Server) CancelOperation(ctx context.Context, r *operationv1.CancelOperationRequest) (*operationv1.Operation, error) {
	if _, _, err := s.seen(ctx, r.GetId()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*operationv1.Operation, error) {
		item, err := operation.Kind().Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		return show(item), s.runner.Stop(tx, item)
	})
}

// GetOperationFile implements the method of the same name.
func (s *Server) GetOperationFile(ctx context.Context, r *operationv1.GetOperationFileRequest) (*httpbody.HttpBody, error) {
	item, who, err := s.seen(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	size, write, err := item.Value.File(ctx, s.store, who.Org, int(r.GetPart()))
	if err != nil {
		return nil, err
	}
	out := &httpbody.HttpBody{ContentType: item.Value.FileType}
	if wire.GiveFile(ctx, wire.File{Bytes: size, Write: write}) {
		return out, nil
	}
	var data bytes.Buffer
	err = write(ctx, &data)
	out.Data = data.Bytes()
	return out, err
}

// begin starts an import of a file that can be read.
func (s *Server) begin(ctx context.Context, r *operationv1.ImportRequest, i *operation.Import) (*operationv1.Operation, error) {
	file := r.GetFile().GetData()
	rows, err := i.Rows(file)
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*operationv1.Operation, error) {
		item, err := s.runner.Begin(tx, i.Name, nil, file, r.GetValidateOnly())
		if err != nil {
			return nil, err
		}
		out := show(item)
		out.Items = int64(len(rows))
		return out, nil
	})
}

// ImportTechnicians implements the method of the same name.
func (s *Server) ImportTechnicians(ctx context.Context, r *operationv1.ImportRequest) (*operationv1.Operation, error) {
	i := importTechnicians()
	return s.begin(ctx, r, &i)
}

// ImportWorkOrders implements the method of the same name.
func (s *Server) ImportWorkOrders(ctx context.Context, r *operationv1.ImportRequest) (*operationv1.Operation, error) {
	i := importWorkOrders()
	return s.begin(ctx, r, &i)
}

// ImportTenants implements the method of the same name.
func (s *Server) ImportTenants(ctx context.Context, r *operationv1.ImportRequest) (*operationv1.Operation, error) {
	i := importTenants()
	return s.begin(ctx, r, &i)
}

// StartImportLeases implements the method of the same name.
func (s *Server) StartImportLeases(ctx context.Context, r *operationv1.StartImportLeasesRequest) (*operationv1.Operation, error) {
	file := r.GetFile().GetData()
	lines, err := leaseLines(file)
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*operationv1.Operation, error) {
		ask := askImport{FileName: r.GetFileName(), TakeFile: r.GetTakeFile()}
		item, err := s.runner.Begin(tx, leaseImport, ask, file, r.GetValidateOnly())
		if err != nil {
			return nil, err
		}
		out := show(item)
		out.Items = int64(len(lines))
		return out, nil
	})
}

// export begins an export.
func (s *Server) export(ctx context.Context, r proto.Message, name string, ask any) (*operationv1.Operation, error) {
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*operationv1.Operation, error) {
		item, err := s.runner.Begin(tx, name, ask, nil, false)
		if err != nil {
			return nil, err
		}
		return show(item), nil
	})
}

// formatOf is how a table is written.
func formatOf(f operationv1.FileFormat) operation.Format {
	return operation.Format{XLSX: f == operationv1.FileFormat_XLSX}
}

// ExportWorkOrders implements the method of the same name.
func (s *Server) ExportWorkOrders(ctx context.Context, r *operationv1.ExportWorkOrdersRequest) (*operationv1.Operation, error) {
	if r.GetFormat() == operationv1.FileFormat_PDF {
		return s.export(ctx, r, orderSlides, slides.Ask{Language: r.GetLanguage(), Open: r.GetOpen(), Unit: r.GetUnitId()})
	}
	return s.export(ctx, r, ordersName, askOrders{Format: formatOf(r.GetFormat()), Open: r.GetOpen(), Unit: r.GetUnitId()})
}

// ExportLeases implements the method of the same name.
func (s *Server) ExportLeases(ctx context.Context, r *operationv1.ExportLeasesRequest) (*operationv1.Operation, error) {
	for field, day := range map[string]string{"endingFrom": r.GetEndingFrom(), "endingBefore": r.GetEndingBefore()} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return nil, badDay(field, day)
		}
	}
	if r.GetFormat() == operationv1.FileFormat_PDF {
		return s.export(ctx, r, leaseSlides, slides.Ask{Language: r.GetLanguage(), From: r.GetEndingFrom(), Before: r.GetEndingBefore()})
	}
	return s.export(ctx, r, leasesName, askLeases{Format: formatOf(r.GetFormat()), From: r.GetEndingFrom(), Before: r.GetEndingBefore()})
}

// show is an operation as a message.
func show(item *registry.Item[operation.Operation]) *operationv1.Operation {
	o := &item.Value
	out := &operationv1.Operation{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		Type: o.Type, State: operationv1.Operation_State(operationv1.Operation_State_value[string(o.State)]), Done: o.State != operation.Running,
		CreatedBy: o.Owner.Name, Items: o.Items, ItemsDone: o.Done, ItemsFailed: o.Failed, CancelTime: wire.Timestamp(o.Cancel),
		EndTime: wire.Timestamp(o.Ended), Problem: o.Problem, ValidateOnly: o.DryRun,
	}
	if o.State == operation.Succeeded && o.Output != nil {
		out.FileType, out.FileBytes, out.FileParts = o.FileType, o.Output.Bytes, int32(o.FileParts())
	}
	return out
}

func showResult(r *operation.Result) *operationv1.OperationResult {
	return &operationv1.OperationResult{
		Index: r.Index, Line: int32(r.Line), Ok: r.OK, ResourceId: r.Resource, Reason: r.Reason, Field: r.Field, Message: r.Message,
		Outcome: operationv1.OperationResult_Outcome(operationv1.OperationResult_Outcome_value[string(r.Outcome)]),
	}
}
