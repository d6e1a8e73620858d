package call

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"fettle/invalid"
)

// ApplyMask copies the fields that a mask names from a wish to a resource. A field that is named but not set is cleared. No
// mask means every field that is set, "*" all of them. Names are those of the proto or of JSON. Fields that only the service
// writes are copied too: whoever reads the result does not look at them.
func ApplyMask(to, from proto.Message, mask *fieldmaskpb.FieldMask) error {
	src, dst := from.ProtoReflect(), to.ProtoReflect()
	paths := mask.GetPaths()
	if len(paths) == 0 {
		src.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			dst.Set(fd, v)
			return true
		})
		return nil
	}
	if slices.Contains(paths, "*") {
		proto.Reset(to)
		proto.Merge(to, from)
		return nil
	}
	for _, path := range paths {
		if err := applyPath(dst, src, path, strings.Split(path, ".")); err != nil {
			return err
		}
	}
	return nil
}

func applyPath(dst, src protoreflect.Message, path string, parts []string) error {
	fields := dst.Descriptor().Fields()
	fd := fields.ByName(protoreflect.Name(parts[0]))
	if fd == nil {
		fd = fields.ByJSONName(parts[0])
	}
	if fd == nil {
		return &invalid.Error{Field: "updateMask", Value: path, Want: "names of fields, as displayName"}
	}
	if len(parts) == 1 {
		if src.Has(fd) {
			dst.Set(fd, src.Get(fd))
		} else {
			dst.Clear(fd)
		}
		return nil
	}
	if fd.Message() == nil || fd.IsList() || fd.IsMap() {
		return &invalid.Error{Field: "updateMask", Value: path, Want: "whole lists, and no parts of " + fd.JSONName()}
	}
	return applyPath(dst.Mutable(fd).Message(), src.Get(fd).Message(), path, parts[1:])
}
