package media

import (
	"bytes"
	"encoding/binary"
)

// orientation reads from the Exif part of a JPEG how it should be shown, 0 when it does not say.
func orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(data) {
			return 0 // the picture itself begins, or the file is broken
		}
		if body, ok := bytes.CutPrefix(data[at+4:at+2+size], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return orientationIn(body)
		}
		at += 2 + size
	}
	return 0
}

// orientationTag is the number of the field in the first directory.
const orientationTag = 0x0112

// orientationIn reads the field from a TIFF.
func orientationIn(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(tiff) < 8:
		return 0
	case bytes.HasPrefix(tiff, []byte("MM")):
		order = binary.BigEndian
	case !bytes.HasPrefix(tiff, []byte("II")):
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	fields := tiff[at+2:]
	for n := int(order.Uint16(tiff[at:])); n > 0 && len(fields) >= 12; n-- {
		if order.Uint16(fields) == orientationTag {
			return int(order.Uint16(fields[8:]))
		}
		fields = fields[12:]
	}
	return 0
}
