package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/sift"
	"fettle/internal/wire"
	"fettle/ledger"
)

// Resource is a kind with its message in the API: methods of a service are one line each. All fields but Check must be given.
type Resource[T any, M proto.Message] struct {
	*Registry
	*Kind[T]
	// Field is how requests call the message, as "property": errors name fields below it.
	Field string
	// FromMessage makes a value of a message that has passed its rules. Its errors are *invalid.Error.
	FromMessage func(m M) (T, error)
	// ToMessage shows an item, with id, times and etag.
	ToMessage func(item *Item[T]) M
	// Check, when not nil, judges a change before it is written: before is nil for what is new, after for what goes. It may
	// read, and make the change depend on what it has read (Kind.Depend, Tx.Absent).
	Check func(tx *Tx, before, after *T) error
}

// Create adds the resource that a request describes.
func (r *Resource[T, M]) Create(ctx context.Context, req proto.Message, m M) (M, error) {
	var none M
	v, err := r.FromMessage(m)
	if err != nil {
		return none, wire.In(r.Field, err)
	}
	return Do(ctx, r.Registry, req, func(tx *Tx) (M, error) {
		if err := r.judge(tx, nil, &v); err != nil {
			return none, err
		}
		item, err := r.Insert(tx, v)
		if err != nil {
			return none, err
		}
		tx.About(r.Name, item.ID)
		return r.ToMessage(item), nil
	})
}

func (r *Resource[T, M]) judge(tx *Tx, before, after *T) error {
	if r.Check == nil {
		return nil
	}
	return wire.In(r.Field, r.Check(tx, before, after))
}

// Get returns one resource.
func (r *Resource[T, M]) Get(ctx context.Context, id string) (M, error) {
	var none M
	who, ok := auth.FromContext(ctx)
	if !ok {
		return none, auth.ErrUnknown
	}
	item, err := r.Read(ctx, r.cfg.Store, who.Org, id)
	if err != nil {
		return none, err
	}
	return r.ToMessage(item), nil
}

// ListRequest is a request for a page.
type ListRequest interface {
	GetPageSize() int32
	GetPageToken() string
}

// filtered is a request for a list that may be filtered by the fields of the message (package sift).
type filtered interface{ GetFilter() string }

// scanPages is how many pages are looked at for what a filter selects, before a page goes out that is short.
const scanPages = 100

// List returns a page of what a query selects, and the token of the next; "" on the last. A request with a field `filter` is
// filtered by it.
func (r *Resource[T, M]) List(ctx context.Context, req ListRequest, q ledger.Query) ([]M, string, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, "", auth.ErrUnknown
	}
	text := ""
	if f, is := req.(filtered); is {
		text = f.GetFilter()
	}
	var none M
	by, err := sift.Parse(text, none.ProtoReflect().Descriptor())
	if err != nil {
		return nil, "", err
	}
	filter := call.Filter(q.Kind, who.Org, q.Key, q.Exact, q.Value, q.From, q.To, q.Descending)
	if !by.Empty() {
		filter = call.Filter(filter, text)
	}
	token, err := call.PageAfter(req.GetPageToken(), filter)
	if err != nil {
		return nil, "", err
	}
	if token != "" {
		q.After.ID, q.After.Value, _ = strings.Cut(token, "\x00") // ids hold no NUL
	}
	size := call.PageSize(req.GetPageSize())
	out := make([]M, 0, size)
	for range scanPages {
		items, next, err := r.Kind.List(ctx, r.cfg.Store, who.Org, q, size-len(out))
		if err != nil {
			return nil, "", err
		}
		for _, item := range items {
			if m := r.ToMessage(item); by.Empty() || by.Matches(r.seen(m, who)) {
				out = append(out, m)
			}
		}
		if q.After = next; next == (ledger.Place{}) {
			return out, "", nil
		}
		if len(out) == size {
			break
		}
	}
	return out, call.PageToken(q.After.ID+"\x00"+q.After.Value, filter), nil
}

// seen is a message as the caller may see it: what is hidden cannot be guessed by asking for it.
func (r *Resource[T, M]) seen(m M, who *auth.Principal) proto.Message {
	if !r.fields.Hides(m.ProtoReflect().Descriptor(), who.Roles) {
		return m
	}
	masked := proto.Clone(m)
	r.fields.Mask(masked, who.Roles)
	return masked
}

// UpdateRequest is a request to change some fields.
type UpdateRequest interface {
	proto.Message
	GetUpdateMask() *fieldmaskpb.FieldMask
	GetEtag() string
}

// Update changes the fields of a resource that the mask names, or that the message sets when there is none.
func (r *Resource[T, M]) Update(ctx context.Context, req UpdateRequest, id string, m M) (M, error) {
	return r.Edit(ctx, req, id, m, func(tx *Tx, v *T, merged M) error {
		after, err := r.FromMessage(merged)
		if err != nil {
			return err
		}
		if r.Check != nil {
			if err := r.Check(tx, v, &after); err != nil {
				return err
			}
		}
		*v = after
		return nil
	})
}

// Edit is Update of a value that is not made of its message alone: apply changes it into what the merged message says. Its errors
// name fields of the message.
func (r *Resource[T, M]) Edit(ctx context.Context, req UpdateRequest, id string, m M, apply func(tx *Tx, v *T, merged M) error) (M, error) {
	var none M
	return Do(ctx, r.Registry, req, func(tx *Tx) (M, error) {
		item, err := r.at(tx, id, req.GetEtag())
		if err != nil {
			return none, err
		}
		merged := r.ToMessage(item)
		if err := call.ApplyMask(merged, m, req.GetUpdateMask()); err != nil {
			return none, err
		}
		if err := wire.Validate(merged); err != nil {
			return none, wire.In(r.Field, err)
		}
		if err := apply(tx, &item.Value, merged); err != nil {
			return none, wire.In(r.Field, err)
		}
		tx.About(r.Name, id, touched(m, req.GetUpdateMask())...)
		if err := r.Save(tx, item); err != nil {
			return none, err
		}
		return r.ToMessage(item), nil
	})
}

// at loads a resource at the version that an etag names, any for none.
func (r *Resource[T, M]) at(tx *Tx, id, etag string) (*Item[T], error) {
	version, err := call.Version(etag)
	if err != nil {
		return nil, err
	}
	tx.strict = version != call.AnyVersion
	item, err := r.Load(tx, id)
	if err == nil && tx.strict && item.Version != version {
		err = fmt.Errorf("%s %s: %w", r.Name, id, ledger.ErrStale)
	}
	return item, err
}

// touched names the fields of a change as JSON does.
func touched(m proto.Message, mask *fieldmaskpb.FieldMask) (out []string) {
	for _, p := range mask.GetPaths() {
		out = append(out, wire.CamelCase(p))
	}
	if out == nil {
		m.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			if fd.JSONName() != "id" {
				out = append(out, fd.JSONName())
			}
			return true
		})
	}
	slices.Sort(out)
	return out
}

// Delete takes a resource away.
func (r *Resource[T, M]) Delete(ctx context.Context, req proto.Message, id, etag string) (*emptypb.Empty, error) {
	return Do(ctx, r.Registry, req, func(tx *Tx) (*emptypb.Empty, error) {
		item, err := r.at(tx, id, etag)
		if err != nil {
			return nil, err
		}
		if err := r.judge(tx, &item.Value, nil); err != nil {
			return nil, err
		}
		tx.About(r.Name, id)
		return &emptypb.Empty{}, r.Kind.Delete(tx, item)
	})
}
