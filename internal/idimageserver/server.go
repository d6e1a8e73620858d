// Package idimageserver is IdentityImageService: copies of identity cards. A picture is made anew (intake/media), sealed under the key of its
// tenant (internal/vault) and kept in parts (internal/blob); purge.go destroys those of tenants who have moved out, read.go suggests what is
// written on one.
package idimageserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/intake/media"
	"fettle/internal/adapter/ocr"
	"fettle/internal/auth"
	"fettle/internal/blob"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/vault"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/fault"
	"fettle/rental/tenant"
)

// Store is what the service reads.
type Store interface {
	ledger.Reader
	ledger.AuditReader
}

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    Store
	Clock    call.Clock
	Zone     *time.Location
	Tenants  *registry.Kind[tenant.Tenant] // how tenants are kept
	// Keep is how long pictures stay after the last lease of their tenant is over.
	Keep time.Duration
	// OCR is the program that reads pictures: a name on the PATH or a path; ocr.Program for "".
	OCR string
}

// Image is a picture as it is kept. The bytes of File are sealed under the key of Tenant.
type Image struct {
	Tenant string   `json:"tenant"`
	Side   string   `json:"side"`
	Width  int      `json:"width"`
	Height int      `json:"height"`
	Bytes  int64    `json:"bytes"`
	By     string   `json:"by"`
	File   blob.Ref `json:"file"`
}

const (
	byTenant  = "tenant"
	mostEach  = 10 // pictures of one tenant
	mostViews = 1000
)

// Images is how pictures are kept.
func Images() *registry.Kind[Image] {
	return &registry.Kind[Image]{Name: "idImages", Prefix: "im_", Keys: func(i *Image) []ledger.Key {
		return []ledger.Key{{Name: byTenant, Value: ledger.Text(i.Tenant)}}
	}}
}

// Server implements IdentityImageService.
type Server struct {
	compliancev1.UnimplementedIdentityImageServiceServer
	c      Config
	images registry.Resource[Image, *compliancev1.IdentityImage]
	reader *ocr.Reader
	making chan struct{} // one picture is unpacked at a time: each takes tens of MB
}

// New makes the service.
func New(c Config) *Server {
	return &Server{c: c, reader: ocr.New(c.OCR), making: make(chan struct{}, 1), images: registry.Resource[Image, *compliancev1.IdentityImage]{
		Registry: c.Registry, Kind: Images(), Field: "image", ToMessage: show,
	}}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	compliancev1.RegisterIdentityImageServiceServer(r, s)
}

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return compliancev1.RegisterIdentityImageServiceHandlerClient(ctx, m, compliancev1.NewIdentityImageServiceClient(conn))
}

func show(item *registry.Item[Image]) *compliancev1.IdentityImage {
	i := &item.Value
	return &compliancev1.IdentityImage{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), Etag: wire.Etag(item.Version), TenantId: i.Tenant,
		Side:  compliancev1.IdentityImage_Side(compliancev1.IdentityImage_Side_value[i.Side]),
		Width: int32(i.Width), Height: int32(i.Height), SizeBytes: i.Bytes, CreatedBy: i.By,
	}
}

// sealedAs is the place for which a picture is sealed.
func sealedAs(file string) string { return "idImages/" + file }

// CreateIdentityImage implements the method of the same name.
func (s *Server) CreateIdentityImage(ctx context.Context, r *compliancev1.CreateIdentityImageRequest) (*compliancev1.IdentityImage, error) {
	in := r.GetImage()
	if len(in.GetContent()) == 0 {
		return nil, &invalid.Error{Field: "image.content", Want: "a picture: JPEG, PNG or WebP"}
	}
	safe, info, err := s.safe(ctx, in.GetContent())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &invalid.Error{Field: "image.content", Value: fmt.Sprintf("%d bytes", len(in.GetContent())), Want: "a picture that can be read: JPEG, PNG or WebP: " + err.Error()}
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.IdentityImage, error) {
		who, err := s.c.Tenants.Depend(tx, in.GetTenantId())
		if errors.Is(err, ledger.ErrNotFound) || err == nil && !who.Value.Erased.IsZero() {
			return nil, &invalid.Error{Field: "image.tenantId", Value: in.GetTenantId(), Want: "the id of a tenant"}
		}
		if err != nil {
			return nil, err
		}
		n, err := s.c.Store.Count(ctx, tx.Org, s.images.Where(byTenant, ledger.Text(in.GetTenantId())), mostEach)
		if err != nil {
			return nil, err
		}
		if n == mostEach {
			return nil, &fault.StateError{Thing: "the tenant", State: fmt.Sprintf("at %d pictures", n), Verb: "another", Legal: "fewer: delete one"}
		}
		file := tx.NewID("if_")
		sealed, err := vault.Vault{}.Seal(tx, sealedAs(file), in.GetTenantId(), safe)
		if err != nil {
			return nil, err
		}
		ref, parts := blob.Cut(file, sealed, tx.Now)
		tx.Write(parts...)
		item, err := s.images.Insert(tx, Image{
			Tenant: in.GetTenantId(), Side: in.GetSide().String(), Width: info.Width, Height: info.Height, Bytes: int64(len(safe)), By: tx.Who.Name, File: ref,
		})
		if err != nil {
			return nil, err
		}
		tx.About(s.images.Name, item.ID)
		return show(item), nil
	})
}

// alone runs f while no other picture is unpacked.
func (s *Server) alone(ctx context.Context, f func() error) error {
	select {
	case s.making <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.making }()
	return f()
}

// safe is a picture made anew.
func (s *Server) safe(ctx context.Context, content []byte) (out []byte, info media.Info, err error) {
	err = s.alone(ctx, func() error {
		out, info, err = media.Photo(content)
		return err
	})
	return out, info, err
}

// GetIdentityImage implements the method of the same name.
func (s *Server) GetIdentityImage(ctx context.Context, r *compliancev1.GetIdentityImageRequest) (*compliancev1.IdentityImage, error) {
	return s.images.Get(ctx, r.GetId())
}

// ListIdentityImages implements the method of the same name.
func (s *Server) ListIdentityImages(ctx context.Context, r *compliancev1.ListIdentityImagesRequest) (*compliancev1.ListIdentityImagesResponse, error) {
	q := s.images.All()
	if r.GetTenantId() != "" {
		q = s.images.Where(byTenant, ledger.Text(r.GetTenantId()))
	}
	found, next, err := s.images.List(ctx, r, q)
	return &compliancev1.ListIdentityImagesResponse{Images: found, NextPageToken: next}, err
}

// RevealIdentityImage implements the method of the same name. The gate has the audit entry written before the answer goes out.
func (s *Server) RevealIdentityImage(ctx context.Context, r *compliancev1.RevealIdentityImageRequest) (*httpbody.HttpBody, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	_, plain, err := s.open(ctx, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	var marked []byte
	err = s.alone(ctx, func() error {
		marked, err = media.Watermark(plain, who.Name+" "+s.c.Clock.Now().UTC().Format("2006-01-02T15:04Z"))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: media.TypeJPEG, Data: marked}, nil
}

// open reads a picture and its bytes.
func (s *Server) open(ctx context.Context, o org.ID, id string) (*Image, []byte, error) {
	item, err := s.images.Read(ctx, s.c.Store, o, id)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := item.Value.File.Read(ctx, s.c.Store, o, 0, 0)
	if err != nil {
		return nil, nil, err
	}
	plain, err := vault.Vault{}.Open(ctx, s.c.Store, o, sealedAs(item.Value.File.ID), item.Value.Tenant, sealed)
	return &item.Value, plain, err
}

// ListIdentityImageViews implements the method of the same name.
func (s *Server) ListIdentityImageViews(ctx context.Context, r *compliancev1.ListIdentityImageViewsRequest) (*compliancev1.ListIdentityImageViewsResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := s.images.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	q := ledger.AuditQuery{Kind: s.images.Name, ID: item.ID, Method: compliancev1.IdentityImageService_RevealIdentityImage_FullMethodName}
	found, err := s.c.Store.AuditEntries(ctx, who.Org, q, mostViews)
	if err != nil {
		return nil, err
	}
	out := &compliancev1.ListIdentityImageViewsResponse{}
	for i := range found {
		e := &found[i]
		out.Views = append(out.Views, &compliancev1.ListIdentityImageViewsResponse_View{Time: wire.Timestamp(e.Time), Actor: e.Actor, Purpose: e.Reason, Result: e.Result})
	}
	return out, nil
}

// DeleteIdentityImage implements the method of the same name.
func (s *Server) DeleteIdentityImage(ctx context.Context, r *compliancev1.DeleteIdentityImageRequest) (*emptypb.Empty, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*emptypb.Empty, error) {
		version, err := call.Version(r.GetEtag())
		if err != nil {
			return nil, err
		}
		item, err := s.images.Load(tx, r.GetId())
		if err == nil && version != call.AnyVersion && item.Version != version {
			err = ledger.ErrStale
		}
		if err != nil {
			return nil, err
		}
		return &emptypb.Empty{}, s.destroy(tx, item)
	})
}

// destroy takes a picture away, its bytes too.
func (s *Server) destroy(tx *registry.Tx, item *registry.Item[Image]) error {
	tx.Remove(item.Value.File.Remove()...)
	item.Value.File = blob.Ref{}
	tx.About(s.images.Name, item.ID)
	return s.images.Kind.Delete(tx, item)
}
