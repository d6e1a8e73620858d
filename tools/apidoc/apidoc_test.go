package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"
)

// image writes testdata/things.txtpb as buf writes an image, and returns its
// path.
func image(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/things.txtpb")
	if err != nil {
		t.Fatal(err)
	}
	read := func(options prototext.UnmarshalOptions) *descriptorpb.FileDescriptorSet {
		set := &descriptorpb.FileDescriptorSet{}
		if err := options.Unmarshal(text, set); err != nil {
			t.Fatal(err)
		}
		set.File = append([]*descriptorpb.FileDescriptorProto{
			protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto),
			protodesc.ToFileDescriptorProto(structpb.File_google_protobuf_struct_proto),
		}, set.GetFile()...)
		return set
	}
	files, err := protodesc.NewFiles(read(prototext.UnmarshalOptions{DiscardUnknown: true}))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(read(prototext.UnmarshalOptions{Resolver: dynamicpb.NewTypes(files)}))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "image.binpb")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRun finishes a small document and looks at each thing that is added.
func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run([]string{"testdata/merged.json", image(t), "testdata/examples"}, &out); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	problem := `{"$ref":"#/components/responses/Problem"}`
	tests := map[string]struct {
		at   []string
		want string
	}{
		"title":               {[]string{"info", "title"}, `"Fettle"`},
		"bearer":              {[]string{"security"}, `[{"bearer":[]}]`},
		"path without method": {[]string{"paths", "/livez", "get", "operationId"}, `"Operations_Live"`},
		"roles":               {[]string{"paths", "/v1/things", "post", "x-roles"}, `["DISPATCHER","PLANNER"]`},
		"key asked for": {
			[]string{"paths", "/v1/things", "post", "parameters"}, `[{"$ref":"#/components/parameters/IdempotencyKey"}]`,
		},
		"created":              {[]string{"paths", "/v1/things", "post", "responses", "201", "description"}, `"A thing."`},
		"created is not done":  {[]string{"paths", "/v1/things", "post", "responses", "200"}, `null`},
		"other body":           {[]string{"paths", "/v1/things", "post", "responses", "422"}, problem},
		"errors are problems":  {[]string{"paths", "/v1/things", "post", "responses", "default"}, problem},
		"template of the body": {[]string{"paths", "/v1/things/{thing.id}"}, `null`},
		"etag is a header": {
			[]string{"paths", "/v1/things/{id}", "patch", "parameters"},
			`[{"in":"path","name":"id","required":true},{"in":"query","name":"updateMask"},{"$ref":"#/components/parameters/IfMatch"}]`,
		},
		"stale":           {[]string{"paths", "/v1/things/{id}", "patch", "responses", "412"}, problem},
		"without a guard": {[]string{"paths", "/v1/things/{id}", "patch", "responses", "428"}, problem},
		"nothing created": {[]string{"paths", "/v1/things:solve", "post", "responses", "507"}, `null`},
		"any JSON": {
			[]string{"paths", "/v1/things:solve", "post", "requestBody"},
			`{"content":{"application/json":{"schema":{"type":"object"}}},"required":true}`,
		},
		"no quotation":   {[]string{"paths", "/v1/things:solve", "post", "responses", "200", "description"}, `"Done."`},
		"status of gRPC": {[]string{"components", "schemas", "google.rpc.Status"}, `null`},
		"set by service": {[]string{"components", "schemas", "fettle.things.v1.Thing", "properties", "id", "readOnly"}, `true`},
		"comment at end": {[]string{"components", "schemas", "fettle.things.v1.Thing", "properties", "id", "description"}, `"output only"`},
		"length":         {[]string{"components", "schemas", "fettle.things.v1.Thing", "properties", "label", "maxLength"}, `5`},
		"wanted": {
			[]string{"paths", "/v1/things", "post", "requestBody", "content", "application/json", "schema", "required"}, `["label"]`,
		},
		"example": {
			[]string{"paths", "/v1/things", "post", "requestBody", "content", "application/json", "examples"},
			`{"example1":{"summary":"a thing","value":{"label":"th_1"}}}`,
		},
		"answer":          {[]string{"paths", "/v1/things", "post", "responses", "201", "content", "application/json", "example"}, `{"id":"th_1"}`},
		"set by a caller": {[]string{"components", "schemas", "fettle.things.v1.Thing", "properties", "label", "readOnly"}, `null`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := doc
			for _, key := range tt.at {
				at = asObject(at)[key]
			}
			var want any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(at, want) {
				t.Errorf("%v is %v, want %v", tt.at, at, want)
			}
		})
	}
}

// TestRunRefuses gives run what it cannot work with.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	dir, none, good := t.TempDir(), t.TempDir(), image(t)
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := map[string]struct {
		args []string
		want string
	}{
		"no arguments":       {nil, "usage"},
		"no document":        {[]string{filepath.Join(dir, "none.json"), good, none}, "none.json"},
		"no image":           {[]string{"testdata/merged.json", filepath.Join(dir, "none.binpb"), none}, "none.binpb"},
		"broken document":    {[]string{write("broken.json", `{"paths":`), good, none}, "broken.json"},
		"broken image":       {[]string{"testdata/merged.json", write("broken.binpb", "\xff\xff"), none}, "broken.binpb"},
		"method not in it":   {[]string{write("empty.json", `{}`), good, none}, "the document has no"},
		"broken examples":    {[]string{"testdata/merged.json", good, filepath.Dir(write("10.json", `[{]`))}, "10.json"},
		"document is a list": {[]string{write("list.json", `[]`), good, none}, "list.json"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := run(tt.args, &out); err == nil || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
				t.Errorf("error %v and %d bytes, want %q and none", err, out.Len(), tt.want)
			}
		})
	}
}

// TestJSONPath folds names of fields to their last part.
func TestJSONPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/things":                       "/v1/things",
		"/v1/things/{id}:start":            "/v1/things/{id}:start",
		"/v1/a/{a.id}/b/{b.c.id}/timeline": "/v1/a/{id}/b/{id}/timeline",
	} {
		if got := jsonPath(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
