// Command apidoc finishes the OpenAPI document of the API: it adds what the
// generator cannot know (policies of methods, headers, problems, paths that
// are no methods) to the merged output of protoc-gen-openapiv3.
//
// Usage: apidoc MERGED.json IMAGE.binpb EXAMPLES >fettle.openapi.json
//
// The image is what buf build writes: the descriptors of the protos with their
// imports and comments. The examples are the directory api/examples.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// errUsage reports a wrong number of arguments.
var errUsage = errors.New("usage: apidoc MERGED.json IMAGE.binpb EXAMPLES")

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "apidoc:", err)
		os.Exit(1)
	}
}

// run reads the document and the image and writes the finished document.
func run(args []string, out io.Writer) error {
	if len(args) != 3 {
		return errUsage
	}
	merged, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	image, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	files, err := readImage(image)
	if err != nil {
		return fmt.Errorf("read %s: %w", args[1], err)
	}
	var doc object
	if err := json.Unmarshal(merged, &doc); err != nil {
		return fmt.Errorf("read %s: %w", args[0], err)
	}
	if err := finish(doc, files); err != nil {
		return err
	}
	examples, err := readExamples(args[2])
	if err != nil {
		return err
	}
	examples.add(doc)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// readImage returns the files of an image. Options are decoded with the
// extensions that the image itself declares.
func readImage(image []byte) (*protoregistry.Files, error) {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(image, &set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, err
	}
	set.Reset()
	if err := (proto.UnmarshalOptions{Resolver: dynamicpb.NewTypes(files)}).Unmarshal(image, &set); err != nil {
		return nil, err
	}
	return protodesc.NewFiles(&set)
}
