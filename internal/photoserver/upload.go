package photoserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/grpc/codes"

	mediav1 "fettle/api/gen/fettle/media/v1"
	"fettle/intake/media"
	"fettle/internal/blob"
	"fettle/internal/due"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Due is the kind of the due work that removes uploads.
const Due = "upload"

// CreateUpload implements the method of the same name.
func (s *Server) CreateUpload(ctx context.Context, r *mediav1.CreateUploadRequest) (*mediav1.Upload, error) {
	in := r.GetUpload()
	if _, err := s.caller(ctx, r.GetWorkOrderId()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*mediav1.Upload, error) {
		if err := s.room(tx, Uploads().Name, r.GetWorkOrderId(), maxUploads); err != nil {
			return nil, err
		}
		item, err := Uploads().Insert(tx, Upload{
			Order: r.GetWorkOrderId(), Size: in.GetSizeBytes(), SHA256: in.GetSha256(), Stage: stageOf(in.GetStage()), Caption: in.GetCaption(),
			By: tx.Who.Name, Expires: tx.Now.Add(unfinished), File: blob.Ref{ID: tx.NewID("bl_")},
		})
		if err != nil {
			return nil, err
		}
		tx.Due(ledger.DueWork{Kind: Due, Key: item.ID, At: item.Value.Expires, Rank: ledger.CanWait})
		tx.About(Uploads().Name, item.ID)
		return showUpload(item), nil
	})
}

// GetUpload implements the method of the same name.
func (s *Server) GetUpload(ctx context.Context, r *mediav1.GetUploadRequest) (*mediav1.Upload, error) {
	who, err := s.caller(ctx, r.GetWorkOrderId())
	if err != nil {
		return nil, err
	}
	item, err := Uploads().Read(ctx, s.store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	return showUpload(item), of(item, r.GetWorkOrderId())
}

// of refuses an upload that is another order's.
func of(item *registry.Item[Upload], order string) error {
	if item.Value.Order != order {
		return fmt.Errorf("uploads %s of %s: %w", item.ID, order, ledger.ErrNotFound)
	}
	return nil
}

// AppendUpload implements the method of the same name.
func (s *Server) AppendUpload(ctx context.Context, r *mediav1.AppendUploadRequest) (*mediav1.Upload, error) {
	if _, err := s.caller(ctx, r.GetWorkOrderId()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*mediav1.Upload, error) {
		item, err := Uploads().Load(tx, r.GetId())
		if err == nil {
			err = of(item, r.GetWorkOrderId())
		}
		if err != nil {
			return nil, err
		}
		tx.About(Uploads().Name, item.ID, "offset")
		chunk, err := fresh(&item.Value, r.GetOffset(), r.GetChunk().GetData())
		if err != nil || len(chunk) == 0 {
			return showUpload(item), err
		}
		if item.Value.File.Bytes+int64(len(chunk)) == item.Value.Size {
			err = s.finish(ctx, tx, item, chunk)
		} else {
			tx.Write(item.Value.File.Append(chunk, tx.Now)...)
		}
		if err == nil {
			err = Uploads().Save(tx, item)
		}
		return showUpload(item), err
	})
}

// fresh is what of a chunk has not come in before.
func fresh(u *Upload, offset int64, chunk []byte) ([]byte, error) {
	has := u.File.Bytes
	switch {
	case u.Photo != "":
		return nil, nil
	case offset > has:
		return nil, refused(codes.FailedPrecondition, "OFFSET_MISMATCH", fmt.Sprintf("offset is %d: want %d, where the bytes that came end", offset, has),
			map[string]string{"state": strconv.FormatInt(has, 10)})
	case offset+int64(len(chunk)) > u.Size:
		return nil, refusal(fmt.Errorf("%w: more bytes than the %d that were announced", media.ErrTooLarge, u.Size))
	case offset+int64(len(chunk)) <= has:
		return nil, nil
	case has == 0 && !media.IsVideo(chunk) && u.Size > media.MaxPhotoBytes:
		return nil, refusal(fmt.Errorf("%w: a photo of %d bytes, at most %d", media.ErrTooLarge, u.Size, media.MaxPhotoBytes))
	}
	return chunk[has-offset:], nil
}

// finish makes the photo of an upload that the last chunk completes.
func (s *Server) finish(ctx context.Context, tx *registry.Tx, item *registry.Item[Upload], last []byte) error {
	u := &item.Value
	p := Photo{Order: u.Order, Stage: u.Stage, Caption: u.Caption, By: u.By}
	err := s.alone(ctx, func() error {
		data, err := u.File.Read(ctx, s.store, tx.Org, 0, 0)
		if err != nil {
			return err
		}
		data = append(data, last...)
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != u.SHA256 {
			return &invalid.Error{Field: "upload.sha256", Value: u.SHA256, Want: "the sum of the bytes that came, " + hex.EncodeToString(sum[:])}
		}
		if media.IsVideo(data) {
			return video(tx, u, &p, data, last)
		}
		made, info, err := media.Photo(data)
		if err != nil {
			return refusal(err)
		}
		p.Type, p.Width, p.Height = info.Type, info.Width, info.Height
		var parts []ledger.Record
		p.File, parts = blob.Cut(tx.NewID("bl_"), made, tx.Now)
		tx.Remove(u.File.Remove()...)
		tx.Write(parts...)
		return nil
	})
	if err != nil {
		return err
	}
	shown, err := s.add(tx, p)
	u.File, u.Photo = blob.Ref{}, shown.GetId()
	return err
}

// video keeps the parts of an upload as those of a video: only those are written that blanking has changed.
func video(tx *registry.Tx, u *Upload, p *Photo, data, last []byte) error {
	info, err := media.Video(data)
	if err != nil {
		return refusal(err)
	}
	p.Type, p.Duration = info.Type, info.Duration
	stored := u.File.Bytes
	changed, err := u.File.Replace(tx.Context(), tx.Store(), tx.Org, data[:stored], tx.Now)
	if err != nil {
		return err
	}
	tx.Write(changed...)
	tx.Write(u.File.Append(data[len(data)-len(last):], tx.Now)...)
	sum := sha256.Sum256(data)
	p.File = u.File
	p.File.SHA256 = hex.EncodeToString(sum[:])
	return nil
}

// Expire is the handler of the due work of an org: it removes an upload, with what has come in of one that was never completed.
func (s *Server) Expire(o org.ID) due.Handler {
	return func(ctx context.Context, w ledger.DueWork) error {
		c := &ledger.Change{DueDone: []ledger.DueWork{w}}
		item, err := Uploads().Read(ctx, s.store, o, w.Key)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
		case err != nil:
			return err
		default:
			c.Removed = append(item.Value.File.Remove(), ledger.Ref{Kind: Uploads().Name, ID: item.ID, Version: item.Version})
		}
		return s.store.Apply(ctx, o, c)
	}
}
