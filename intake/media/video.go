package media

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Video checks an MP4 or MOV and blanks, in place, what it says beside pictures and sound: places, names, makers, tracks of
// sensors. The pictures themselves stay as they are. It reads no more than the boxes need.
func Video(data []byte) (Info, error) {
	switch {
	case !IsVideo(data):
		return Info{}, ErrType
	case len(data) > MaxVideoBytes:
		return Info{}, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), MaxVideoBytes)
	}
	v := video{info: Info{Type: TypeMP4}}
	if err := v.boxes(data, 0); err != nil {
		return Info{}, err
	}
	switch {
	case v.pictures == 0 || v.info.Duration == 0:
		return Info{}, fmt.Errorf("%w: no moving picture in it", ErrBroken)
	case v.info.Duration > MaxVideo:
		return Info{}, fmt.Errorf("%w: %s long, at most %s", ErrTooLarge, v.info.Duration.Round(time.Second), MaxVideo)
	}
	return v.info, nil
}

// video is a walk through boxes (ISO 14496-12).
type video struct {
	info     Info
	pictures int // tracks with pictures
}

// What is done to boxes by their type. Those that are not named stay as they are.
var (
	holds  = map[string]bool{"moov": true, "mdia": true, "edts": true, "minf": true}
	blanks = map[string]bool{"udta": true, "meta": true, "uuid": true, "free": true, "skip": true, "wide": true, "keys": true, "ilst": true, "©xyz": true}
	known  = map[string]bool{
		"ftyp": true, "moov": true, "mdat": true, "trak": true, "mvhd": true, "tkhd": true, "mdia": true, "mdhd": true, "hdlr": true, "minf": true,
		"edts": true, "elst": true, "iods": true, "tref": true, "tapt": true, "stbl": true, "vmhd": true, "smhd": true, "dinf": true, "mvex": true, "load": true,
	}
)

// maxDepth is how deep boxes are followed.
const maxDepth = 6

// boxes walks through the boxes in data.
func (v *video) boxes(data []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: boxes in boxes", ErrBroken)
	}
	for len(data) > 0 {
		box, body, err := cut(data)
		if err != nil {
			return err
		}
		if err := v.box(string(box[4:8]), box, body, depth); err != nil {
			return err
		}
		data = data[len(box):]
	}
	return nil
}

// cut takes the first box off: all of it, and what is in it.
func cut(data []byte) (box, body []byte, err error) {
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("%w: %d bytes of a box", ErrBroken, len(data))
	}
	head, size := 8, uint64(binary.BigEndian.Uint32(data))
	switch size {
	case 0:
		size = uint64(len(data)) // to the end
	case 1:
		if len(data) < 16 {
			return nil, nil, fmt.Errorf("%w: %d bytes of a box", ErrBroken, len(data))
		}
		head, size = 16, binary.BigEndian.Uint64(data[8:])
	}
	if size < uint64(head) || size > uint64(len(data)) {
		return nil, nil, fmt.Errorf("%w: a box of %d bytes where %d are left", ErrBroken, size, len(data))
	}
	return data[:size], data[head:size], nil
}

func (v *video) box(kind string, box, body []byte, depth int) error {
	switch {
	case kind == "mvhd":
		return v.header(body)
	case kind == "trak":
		return v.track(box, body, depth)
	case holds[kind]:
		return v.boxes(body, depth+1)
	case blanks[kind], !known[kind]:
		blank(box, body)
	}
	return nil
}

// blank makes a box one that players pass over, and empties it. Its size stays, as others are found by their place in the file.
func blank(box, body []byte) {
	copy(box[4:8], "free")
	clear(body)
}

// header reads how long the video is.
func (v *video) header(body []byte) error {
	long := len(body) > 0 && body[0] == 1
	need := 20
	if long {
		need = 32
	}
	if len(body) < need {
		return fmt.Errorf("%w: a short header", ErrBroken)
	}
	scale, units := uint64(binary.BigEndian.Uint32(body[12:])), uint64(binary.BigEndian.Uint32(body[16:]))
	times := body[4:12]
	if long {
		scale, units, times = uint64(binary.BigEndian.Uint32(body[20:])), binary.BigEndian.Uint64(body[24:]), body[4:20]
	}
	if scale == 0 || units/scale > uint64(24*time.Hour/time.Second) {
		return fmt.Errorf("%w: longer than a day", ErrTooLarge)
	}
	clear(times) // when it was taken; the service knows when it came
	v.info.Duration = time.Duration(float64(units) / float64(scale) * float64(time.Second))
	return nil
}

// track keeps pictures and sound; tracks of places and sensors go.
func (v *video) track(box, body []byte, depth int) error {
	switch handler(body) {
	case "vide":
		v.pictures++
	case "soun":
	default:
		blank(box, body)
		return nil
	}
	return v.boxes(body, depth+1)
}

// handler says what a track holds, "" when it does not say.
func handler(track []byte) string {
	for _, path := range []string{"mdia", "hdlr"} {
		found := false
		for len(track) > 0 && !found {
			box, body, err := cut(track)
			if err != nil {
				return ""
			}
			if found = string(box[4:8]) == path; found {
				track = body
			} else {
				track = track[len(box):]
			}
		}
	}
	if len(track) < 12 {
		return ""
	}
	return string(track[8:12])
}
