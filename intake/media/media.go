// Package media makes photos and short videos from people's phones safe to keep and to show: what a file says of itself is
// checked before anything is unpacked; photos are decoded and encoded anew, so that nothing is left of what was not a picture
// (places, serial numbers, thumbnails, other files behind the end); of videos everything that tells where and by whom they were
// taken is blanked.
//
// It is bytes in, bytes out. Photos take up to 64 MiB while they are made: whoever calls lets one be made at a time. Start with
// photo.go; the boxes of videos are in video.go.
package media

import (
	"bytes"
	"errors"
	"time"
)

// What a file may be at most.
const (
	MaxPhotoBytes = 12 << 20
	MaxVideoBytes = 32 << 20
	MaxVideo      = time.Minute
	// MaxSide is the longer side of a photo as it is kept, in pixels.
	MaxSide = 2560
)

// Types of files as they are kept.
const (
	TypeJPEG = "image/jpeg"
	TypeMP4  = "video/mp4"
)

// ErrType says that a file is none that is taken, whatever its name says.
var ErrType = errors.New("want a JPEG, PNG or WebP picture, or an MP4 or MOV video")

// ErrTooLarge says that a file is larger than is taken: in bytes, pixels or seconds.
var ErrTooLarge = errors.New("the picture or video is too large")

// ErrBroken says that a file cannot be read to its end.
var ErrBroken = errors.New("the picture or video is not whole")

// Info is what there is to know of a file as it is kept.
type Info struct {
	Type          string
	Width, Height int // of the picture; 0 for videos
	Duration      time.Duration
}

// format of a file, by its first bytes; "" for all that is not taken.
func format(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "jpeg"
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	case len(data) >= 16 && bytes.HasPrefix(data, []byte("RIFF")) && bytes.Equal(data[8:12], []byte("WEBP")):
		return "webp"
	case len(data) >= 12 && bytes.Equal(data[4:8], []byte("ftyp")) && brands[string(data[8:12])]:
		return "video"
	}
	return ""
}

// brands are those of videos; pictures in the same boxes (HEIC, AVIF) have others.
var brands = map[string]bool{
	"isom": true, "iso2": true, "iso4": true, "iso5": true, "iso6": true, "mp41": true, "mp42": true, "avc1": true, "qt  ": true,
	"M4V ": true, "3gp4": true, "3gp5": true, "3gp6": true, "MSNV": true,
}

// IsVideo reports whether the first bytes of a file are those of a video.
func IsVideo(head []byte) bool { return format(head) == "video" }
