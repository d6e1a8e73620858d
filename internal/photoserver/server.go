// Package photoserver is PhotoService: photos and short videos of work orders, in one request or chunk by chunk. What comes in is
// made safe by intake/media and kept by internal/blob in the transaction of its record: there is no file whose name could be
// chosen, and none that could be left over.
package photoserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	mediav1 "fettle/api/gen/fettle/media/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/intake/media"
	"fettle/internal/auth"
	"fettle/internal/blob"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// Store is what the service reads and writes.
type Store interface {
	ledger.Reader
	ledger.Writer
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
}

// Server implements PhotoService.
type Server struct {
	mediav1.UnimplementedPhotoServiceServer
	registry *registry.Registry
	store    Store
	making   chan struct{} // one file is made safe at a time: each takes tens of MB
}

// New makes the service.
func New(r *registry.Registry, s Store) *Server {
	return &Server{registry: r, store: s, making: make(chan struct{}, 1)}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { mediav1.RegisterPhotoServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return mediav1.RegisterPhotoServiceHandlerClient(ctx, m, mediav1.NewPhotoServiceClient(conn))
}

// What an order has at most.
const (
	maxPhotos  = 200
	maxUploads = 20
)

// refusal is an error of media as the API tells it.
func refusal(err error) error {
	code, reason := codes.InvalidArgument, "INVALID_ARGUMENT"
	switch {
	case errors.Is(err, media.ErrType):
		reason = "UNSUPPORTED_MEDIA_TYPE"
	case errors.Is(err, media.ErrTooLarge):
		code, reason = codes.ResourceExhausted, "REQUEST_TOO_LARGE"
	case !errors.Is(err, media.ErrBroken):
		return err
	}
	return refused(code, reason, err.Error(), nil)
}

func refused(code codes.Code, reason, text string, facts map[string]string) error {
	s, err := status.New(code, text).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "fettle", Metadata: facts})
	if err != nil {
		return err
	}
	return s.Err()
}

// alone runs f while no other file is made safe.
func (s *Server) alone(ctx context.Context, f func() error) error {
	select {
	case s.making <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.making }()
	return f()
}

// caller is who asks about an order that is there.
func (s *Server) caller(ctx context.Context, order string) (*auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	_, err := s.store.Order(ctx, who.Org, dispatch.WorkOrderID(order))
	return who, err
}

// room refuses more of a kind than an order has.
func (s *Server) room(tx *registry.Tx, kind, order string, most int) error {
	n, err := s.store.Count(tx.Context(), tx.Org, ledger.Where(kind, keyOrder, ledger.Text(order)), most)
	if err == nil && n >= most {
		err = refused(codes.FailedPrecondition, "TOO_MANY", fmt.Sprintf("the order has %d %s, which is the most", n, kind), nil)
	}
	return err
}

// CreatePhoto implements the method of the same name.
func (s *Server) CreatePhoto(ctx context.Context, r *mediav1.CreatePhotoRequest) (*mediav1.Photo, error) {
	if _, err := s.caller(ctx, r.GetWorkOrderId()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*mediav1.Photo, error) {
		p := Photo{Order: r.GetWorkOrderId(), Stage: stageOf(r.GetStage()), Caption: r.GetCaption(), By: tx.Who.Name}
		data := r.GetFile().GetData()
		var parts []ledger.Record
		err := s.alone(ctx, func() error {
			made, info, err := safe(data)
			if err != nil {
				return refusal(err)
			}
			p.Type, p.Width, p.Height, p.Duration = info.Type, info.Width, info.Height, info.Duration
			p.File, parts = blob.Cut(tx.NewID("bl_"), made, tx.Now)
			return nil
		})
		if err != nil {
			return nil, err
		}
		tx.Write(parts...)
		return s.add(tx, p)
	})
}

// safe makes a file safe to keep. A video is changed in a copy: requests are compared with those that come again.
func safe(data []byte) ([]byte, media.Info, error) {
	if !media.IsVideo(data) {
		return media.Photo(data)
	}
	data = append([]byte(nil), data...)
	info, err := media.Video(data)
	return data, info, err
}

// add keeps a photo whose parts are in the transaction.
func (s *Server) add(tx *registry.Tx, p Photo) (*mediav1.Photo, error) {
	if err := s.room(tx, Photos().Name, p.Order, maxPhotos); err != nil {
		return nil, err
	}
	item, err := Photos().Insert(tx, p)
	if err != nil {
		return nil, err
	}
	tx.About("workOrders", p.Order, "photos")
	return showPhoto(item), nil
}

// ListPhotos implements the method of the same name.
func (s *Server) ListPhotos(ctx context.Context, r *mediav1.ListPhotosRequest) (*mediav1.ListPhotosResponse, error) {
	if _, err := s.caller(ctx, r.GetWorkOrderId()); err != nil {
		return nil, err
	}
	list := registry.Resource[Photo, *mediav1.Photo]{Registry: s.registry, Kind: Photos(), ToMessage: showPhoto}
	photos, next, err := list.List(ctx, r, list.Where(keyOrder, ledger.Text(r.GetWorkOrderId())))
	if err != nil {
		return nil, err
	}
	return &mediav1.ListPhotosResponse{Photos: photos, NextPageToken: next}, nil
}

// photo reads a photo of an order.
func (s *Server) photo(ctx context.Context, order, id string) (*registry.Item[Photo], *auth.Principal, error) {
	who, err := s.caller(ctx, order)
	if err != nil {
		return nil, nil, err
	}
	item, err := Photos().Read(ctx, s.store, who.Org, id)
	if err == nil && item.Value.Order != order {
		err = fmt.Errorf("photos %s of %s: %w", id, order, ledger.ErrNotFound)
	}
	return item, who, err
}

// GetPhoto implements the method of the same name.
func (s *Server) GetPhoto(ctx context.Context, r *mediav1.GetPhotoRequest) (*mediav1.Photo, error) {
	item, _, err := s.photo(ctx, r.GetWorkOrderId(), r.GetId())
	if err != nil {
		return nil, err
	}
	return showPhoto(item), nil
}

// GetPhotoContent implements the method of the same name.
func (s *Server) GetPhotoContent(ctx context.Context, r *mediav1.GetPhotoContentRequest) (*httpbody.HttpBody, error) {
	item, who, err := s.photo(ctx, r.GetWorkOrderId(), r.GetId())
	if err != nil {
		return nil, err
	}
	out, file := &httpbody.HttpBody{ContentType: item.Value.Type}, &item.Value.File
	if wire.GiveFile(ctx, wire.File{Bytes: file.Bytes, Write: func(ctx context.Context, to io.Writer) error {
		return file.Copy(ctx, s.store, who.Org, 0, 0, to)
	}}) {
		return out, nil
	}
	out.Data, err = file.Read(ctx, s.store, who.Org, 0, 0)
	return out, err
}

// DeletePhoto implements the method of the same name.
func (s *Server) DeletePhoto(ctx context.Context, r *mediav1.DeletePhotoRequest) (*emptypb.Empty, error) {
	if _, err := s.caller(ctx, r.GetWorkOrderId()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*emptypb.Empty, error) {
		item, err := Photos().Load(tx, r.GetId())
		if err == nil && item.Value.Order != r.GetWorkOrderId() {
			err = fmt.Errorf("photos %s: %w", r.GetId(), ledger.ErrNotFound)
		}
		if err != nil {
			return nil, err
		}
		tx.Remove(item.Value.File.Remove()...)
		item.Value = Photo{Order: item.Value.Order}
		tx.About(Photos().Name, item.ID)
		tx.Purpose(r.GetPurpose())
		return &emptypb.Empty{}, Photos().Delete(tx, item)
	})
}

// unfinished is how long an upload stays that is not complete.
const unfinished = 26 * time.Hour
