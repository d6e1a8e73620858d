package photoserver

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	mediav1 "fettle/api/gen/fettle/media/v1"
	"fettle/internal/blob"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
)

// Photo is a photo or a video as it is kept.
type Photo struct {
	Order    string        `json:"order"`
	Type     string        `json:"type,omitempty"`
	Width    int           `json:"width,omitempty"`
	Height   int           `json:"height,omitempty"`
	Duration time.Duration `json:"duration,omitempty"`
	Stage    string        `json:"stage,omitempty"`
	Caption  string        `json:"caption,omitempty"`
	By       string        `json:"by,omitempty"`
	File     blob.Ref      `json:"file"`
}

// Upload is a file that comes in chunk by chunk.
type Upload struct {
	Order   string    `json:"order"`
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256,omitempty"`
	Stage   string    `json:"stage,omitempty"`
	Caption string    `json:"caption,omitempty"`
	By      string    `json:"by"`
	Expires time.Time `json:"expires"`
	File    blob.Ref  `json:"file"` // what has come in; empty again once it is a photo
	Photo   string    `json:"photo,omitempty"`
}

// keyOrder finds both by their order.
const keyOrder = "order"

// Photos is how photos are kept.
func Photos() *registry.Kind[Photo] {
	return &registry.Kind[Photo]{Name: "photos", Prefix: "ph_", Keys: func(p *Photo) []ledger.Key {
		return []ledger.Key{{Name: keyOrder, Value: ledger.Text(p.Order)}}
	}}
}

// Uploads is how uploads are kept. Those that are complete are no longer found by their order.
func Uploads() *registry.Kind[Upload] {
	return &registry.Kind[Upload]{Name: "uploads", Prefix: "up_", Keys: func(u *Upload) []ledger.Key {
		if u.Photo != "" {
			return nil
		}
		return []ledger.Key{{Name: keyOrder, Value: ledger.Text(u.Order)}}
	}}
}

// stageOf is how a stage is kept; "" for none.
func stageOf(s mediav1.Photo_Stage) string {
	if s == mediav1.Photo_STAGE_UNSPECIFIED {
		return ""
	}
	return s.String()
}

func showPhoto(item *registry.Item[Photo]) *mediav1.Photo {
	p := &item.Value
	out := &mediav1.Photo{
		Id: item.ID, WorkOrderId: p.Order, CreateTime: wire.Timestamp(item.Created), Etag: wire.Etag(item.Version), ContentType: p.Type,
		SizeBytes: p.File.Bytes, Sha256: p.File.SHA256, Width: int32(p.Width), Height: int32(p.Height), Caption: p.Caption, CreatedBy: p.By,
		Stage: mediav1.Photo_Stage(mediav1.Photo_Stage_value[p.Stage]),
	}
	if p.Duration > 0 {
		out.Duration = durationpb.New(p.Duration)
	}
	return out
}

func showUpload(item *registry.Item[Upload]) *mediav1.Upload {
	u := &item.Value
	out := &mediav1.Upload{
		Id: item.ID, WorkOrderId: u.Order, CreateTime: wire.Timestamp(item.Created), SizeBytes: u.Size, Sha256: u.SHA256, Caption: u.Caption,
		Stage: mediav1.Photo_Stage(mediav1.Photo_Stage_value[u.Stage]), Offset: u.File.Bytes, ExpireTime: wire.Timestamp(u.Expires), PhotoId: u.Photo,
	}
	if u.Photo != "" {
		out.Offset = u.Size
	}
	return out
}
