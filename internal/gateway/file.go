package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/reflect/protoreflect"

	"fettle/dispatch"
	"fettle/internal/policy"
	"fettle/internal/wire"
)

// fileName is the message that stands for a body which is no JSON: a photo, a spreadsheet.
const fileName protoreflect.FullName = "google.api.HttpBody"

// takesFile reports whether the body of a method is a file, of whatever type.
func takesFile(p *policy.Policy) bool {
	if p.Body == "" || p.Body == "*" {
		return false
	}
	fd := p.Request.Fields().ByName(protoName(p.Body))
	return fd != nil && fd.Message() != nil && fd.Message().FullName() == fileName
}

// fileBody is the body of a request that is a file, with its type.
type fileBody struct {
	io.Reader
	kind string
	data []byte
}

// newFileBody takes the file out of a body: the whole body, or the first part of a form that has the name of a file.
func newFileBody(contentType string, body []byte) (*fileBody, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return &fileBody{bytes.NewReader(nil), contentType, body}, nil
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil, &dispatch.InvalidError{Field: "file", Want: "a form with a part that has a filename"}
		}
		if err != nil {
			return nil, &dispatch.InvalidError{Want: "a whole form of type multipart/form-data"}
		}
		if part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, &dispatch.InvalidError{Want: "a whole form of type multipart/form-data"}
		}
		return &fileBody{bytes.NewReader(nil), part.Header.Get("Content-Type"), data}, nil
	}
}

// Close implements io.Closer.
func (*fileBody) Close() error { return nil }

// decode fills the message that stands for the file.
func (b *fileBody) decode(v any) error {
	m, err := messageIn(v)
	if err != nil {
		return err
	}
	file, ok := m.(*httpbody.HttpBody)
	if !ok {
		return fmt.Errorf("cannot read a file into a %T", v)
	}
	file.ContentType, file.Data = b.kind, b.data
	return nil
}

// begun notes whether something was written.
type begun struct {
	io.Writer
	any bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	b.any = true
	return b.Writer.Write(p)
}

// writeFile writes an answer that is given part by part, if it is. What fails after the first part was sent cannot be told any more: the
// reader gets fewer bytes than the head says, and the connection ends.
func (h *rest) writeFile(ctx context.Context, w http.ResponseWriter, f *wire.File) error {
	if f.Write == nil {
		return nil
	}
	w.Header().Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	to := &begun{Writer: w}
	err := f.Write(ctx, to)
	if err != nil && !to.any {
		w.Header().Del("Content-Length")
		return err
	}
	if err != nil {
		h.gate.log.LogAttrs(ctx, slog.LevelDebug, "an answer was cut", slog.Any("error", err))
	}
	return nil
}

// fileHeaders sets what keeps a file in the hands of who has asked for it: nobody on the way keeps a copy, and browsers show
// pictures alone and store the rest.
func fileHeaders(h http.Header, requestPath, contentType string) {
	h.Set("Cache-Control", "private, no-store")
	kind, _, _ := strings.Cut(contentType, ";")
	if strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "video/") {
		h.Set("Content-Disposition", "inline")
		return
	}
	name := path.Base(path.Dir(requestPath)) // of what the file belongs to
	suffix := map[string]string{"text/csv": ".csv", "application/pdf": ".pdf"}[kind]
	if suffix == "" && strings.Contains(kind, "spreadsheetml") {
		suffix = ".xlsx"
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + suffix}))
}
