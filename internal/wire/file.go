package wire

import (
	"context"
	"io"
)

// File is an answer that is written part by part while its reader reads, so that a slow reader costs a part of it and not the whole.
type File struct {
	Bytes int64
	Write func(ctx context.Context, to io.Writer) error
}

type fileKey struct{}

// WithFile lets the answer to a call be given as a File, which the caller then finds in the value that is returned: its Write is nil
// when the answer is a message as always.
func WithFile(ctx context.Context) (context.Context, *File) {
	f := &File{}
	return context.WithValue(ctx, fileKey{}, f), f
}

// GiveFile gives the file of an answer. It reports whether the caller takes it so: otherwise the message holds it.
func GiveFile(ctx context.Context, f File) bool {
	to, ok := ctx.Value(fileKey{}).(*File)
	if ok {
		*to = f
	}
	return ok
}
