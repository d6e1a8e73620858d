package openapi_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "fettle/api/gen/fettle/arrival/v1"
	_ "fettle/api/gen/fettle/audit/v1" // linked in, so that its methods are found
	_ "fettle/api/gen/fettle/breach/v1"
	_ "fettle/api/gen/fettle/compliance/v1"
	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	_ "fettle/api/gen/fettle/due/v1" // linked in, so that its methods are found
	_ "fettle/api/gen/fettle/forecast/v1"
	_ "fettle/api/gen/fettle/identity/v1"
	_ "fettle/api/gen/fettle/incident/v1"
	_ "fettle/api/gen/fettle/keys/v1" // linked in, so that its methods are found
	_ "fettle/api/gen/fettle/lowcode/v1"
	_ "fettle/api/gen/fettle/media/v1"
	_ "fettle/api/gen/fettle/notify/v1"
	_ "fettle/api/gen/fettle/operation/v1"
	policyv1 "fettle/api/gen/fettle/policy/v1"
	_ "fettle/api/gen/fettle/privacy/v1"
	_ "fettle/api/gen/fettle/recurring/v1"
	_ "fettle/api/gen/fettle/renewal/v1" // linked in too
	_ "fettle/api/gen/fettle/rental/v1"  // linked in too
	_ "fettle/api/gen/fettle/sheet/v1"
	_ "fettle/api/gen/fettle/signing/v1"
	_ "fettle/api/gen/fettle/steering/v1"
	_ "fettle/api/gen/fettle/task/v1"
	_ "fettle/api/gen/fettle/tenancy/v1"
	_ "fettle/api/gen/fettle/tenant/v1"
	_ "fettle/api/gen/fettle/visit/v1"
	"fettle/api/openapi"
)

// document is what the tests read of the OpenAPI document.
type document struct {
	OpenAPI string
	Info    struct{ Title, Version string }
	Paths   map[string]map[string]struct {
		Parameters []struct {
			Ref  string `json:"$ref"`
			Name string
			In   string
		}
		Responses map[string]any
		Roles     []string `json:"x-roles"`
	}
	Security   []map[string]any
	Components struct {
		SecuritySchemes map[string]any
	}
}

// rpc is a method with what its options say.
type rpc struct {
	name       protoreflect.FullName
	verb, path string // empty without a REST path
	policy     *policyv1.MethodPolicy
}

// safe matches the paths of POSTs that change nothing that a repetition would
// change again.
var safe = regexp.MustCompile(`:solve$|:estimate$|:prioritize$|:suggestSlots$|:whatIf$|/plans:replay$|:triage$|/compat/vroom$|/positions:report$|/keys:rotate$|/reconciliation:repair$|/dueWork:revive$|/links$|:quote$|:link$|:dryRun$|:embed$|:search$|:reveal$|/idImages/\{id\}:read$|:revealContacts$|:exportData$`)

// inner matches the id of a message in a path: the document calls it id.
var inner = regexp.MustCompile(`\{\w+\.id\}`)

// parameter matches a field in a path.
var parameter = regexp.MustCompile(`\{[^}]*\}`)

// rpcs returns the methods of every fettle.*.v1 service that is linked in.
func rpcs(t *testing.T) []rpc {
	t.Helper()
	if dispatchv1.File_fettle_dispatch_v1_workorders_proto == nil {
		t.Fatal("the API is not linked in")
	}
	var found []rpc
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(f.Package()), "fettle.") || !strings.HasSuffix(string(f.Package()), ".v1") {
			return true
		}
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for k := range methods.Len() {
				found = append(found, read(t, methods.Get(k)))
			}
		}
		return true
	})
	if len(found) < 40 {
		t.Fatalf("found %d methods, the API has more", len(found))
	}
	return found
}

// read takes path and policy of a method from its options.
func read(t *testing.T, m protoreflect.MethodDescriptor) rpc {
	t.Helper()
	r := rpc{name: m.FullName()}
	r.policy, _ = proto.GetExtension(m.Options(), policyv1.E_Method).(*policyv1.MethodPolicy)
	rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	switch pattern := rule.GetPattern().(type) {
	case nil:
	case *annotations.HttpRule_Get:
		r.verb, r.path = "get", pattern.Get
	case *annotations.HttpRule_Post:
		r.verb, r.path = "post", pattern.Post
	case *annotations.HttpRule_Put: // may be sent again as it is
		r.verb, r.path = "put", pattern.Put
	case *annotations.HttpRule_Patch:
		r.verb, r.path = "patch", pattern.Patch
	case *annotations.HttpRule_Delete:
		r.verb, r.path = "delete", pattern.Delete
	default:
		t.Errorf("%s: the API has no place for %T", r.name, pattern)
	}
	if len(rule.GetAdditionalBindings()) > 0 {
		t.Errorf("%s has more than one path", r.name)
	}
	return r
}

// parse decodes the document.
func parse(t *testing.T) document {
	t.Helper()
	var doc document
	if err := json.Unmarshal(openapi.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestPolicies holds each method to the rules that DESIGN gives to its verb.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, r := range rpcs(t) {
		if (len(r.policy.GetRoles()) == 0) != r.policy.GetOpen() {
			t.Errorf("%s: its policy names no role, so nobody may call it, or it is open and names one", r.name)
		}
		seen := map[policyv1.Role]bool{}
		for _, role := range r.policy.GetRoles() {
			if role == policyv1.Role_ROLE_UNSPECIFIED || seen[role] {
				t.Errorf("%s: role %s is unspecified or named twice", r.name, role)
			}
			seen[role] = true
		}
		if want := r.verb == "post" && !safe.MatchString(r.path) && !r.policy.GetOpen() && !strings.HasSuffix(r.path, ":signOut"); r.policy.GetIdempotencyKey() != want {
			t.Errorf("%s (%s %s): idempotency_key is %t, want %t", r.name, r.verb, r.path, !want, want)
		}
		if want := r.verb == "patch"; r.policy.GetIfMatch() != want {
			t.Errorf("%s (%s %s): if_match is %t, want %t", r.name, r.verb, r.path, !want, want)
		}
		if r.path != "" && !strings.HasPrefix(r.path, "/v1/") {
			t.Errorf("%s: path %s is not below /v1", r.name, r.path)
		}
	}
}

// TestPatchesArePartial holds methods that change a resource to rules that a part of it can follow: what it is merged with is judged as
// a whole.
func TestPatchesArePartial(t *testing.T) {
	t.Parallel()
	for _, r := range rpcs(t) {
		if r.verb != "patch" {
			continue
		}
		method, err := protoregistry.GlobalFiles.FindDescriptorByName(r.name)
		if err != nil {
			t.Fatal(err)
		}
		fields := method.(protoreflect.MethodDescriptor).Input().Fields() //nolint:errcheck // a method
		resource := fields.ByName(protoreflect.Name(strings.Trim(strings.TrimSuffix(inner.FindString(r.path), ".id}"), "{")))
		if resource == nil {
			t.Errorf("%s: its path names no field", r.name)
			continue
		}
		if !strings.Contains(fmt.Sprint(resource.Options()), "IGNORE_ALWAYS") {
			t.Errorf("%s: a PATCH that leaves out a field of %s is refused: let its rules be ignored (IGNORE_ALWAYS)", r.name, resource.Name())
		}
	}
}

// TestDocument compares the document with the methods.
func TestDocument(t *testing.T) {
	t.Parallel()
	doc := parse(t)
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title != "Fettle" || doc.Info.Version != "v1" {
		t.Errorf("document is OpenAPI %q of %+v, want 3.1.x of Fettle v1", doc.OpenAPI, doc.Info)
	}
	if len(doc.Security) != 1 || doc.Components.SecuritySchemes["bearer"] == nil {
		t.Errorf("security is %v of %v, want bearer", doc.Security, doc.Components.SecuritySchemes)
	}
	operations := map[string]bool{"get /v1/events:stream": true, "get /livez": true, "get /readyz": true}
	for _, r := range rpcs(t) {
		if r.path == "" {
			continue
		}
		path := inner.ReplaceAllString(r.path, "{id}")
		operations[r.verb+" "+path] = true
		operation, ok := doc.Paths[path][r.verb]
		if !ok {
			t.Errorf("%s: the document has no %s %s", r.name, r.verb, path)
			continue
		}
		headers := map[string]bool{}
		for _, p := range operation.Parameters {
			headers[strings.TrimPrefix(p.Ref, "#/components/parameters/")] = true
		}
		if headers["IdempotencyKey"] != r.policy.GetIdempotencyKey() || headers["IfMatch"] != r.policy.GetIfMatch() {
			t.Errorf("%s: the document asks for %v, the policy is %v", r.name, headers, r.policy)
		}
		if len(operation.Roles) != len(r.policy.GetRoles()) || operation.Responses["default"] == nil {
			t.Errorf("%s: roles %v or answers %v are not what they should be", r.name, operation.Roles, operation.Responses)
		}
	}
	for path, verbs := range doc.Paths {
		for verb := range verbs {
			if !operations[verb+" "+path] {
				t.Errorf("the document has %s %s, which is no method", verb, path)
			}
		}
	}
	for name := range operations {
		if verb, path, _ := strings.Cut(name, " "); doc.Paths[path][verb].Responses == nil {
			t.Errorf("the document says nothing of %s", name)
		}
	}
}

// TestTemplates refuses paths that differ in the names of their fields only,
// which OpenAPI forbids, and fields that no parameter declares.
func TestTemplates(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for path, verbs := range parse(t).Paths {
		shape := parameter.ReplaceAllString(path, "{}")
		if other, ok := seen[shape]; ok {
			t.Errorf("%s and %s are one path", path, other)
		}
		seen[shape] = path
		for verb, operation := range verbs {
			declared := map[string]bool{}
			for _, p := range operation.Parameters {
				declared["{"+p.Name+"}"] = p.In == "path"
			}
			for _, field := range parameter.FindAllString(path, -1) {
				if !declared[field] {
					t.Errorf("%s %s does not declare %s", verb, path, field)
				}
			}
		}
	}
}

// TestReferences follows every reference in the document.
func TestReferences(t *testing.T) {
	t.Parallel()
	var doc any
	if err := json.Unmarshal(openapi.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	followed := 0
	walk(doc, func(ref string) {
		followed++
		at := doc
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			members, _ := at.(map[string]any)
			at = members[part]
		}
		if at == nil {
			t.Errorf("reference %s leads nowhere", ref)
		}
	})
	if followed == 0 {
		t.Error("found no reference")
	}
}

// TestCopy changes what JSON returns and asks again.
func TestCopy(t *testing.T) {
	t.Parallel()
	first := openapi.JSON()
	clear(first)
	if !json.Valid(openapi.JSON()) {
		t.Error("a caller has changed the document")
	}
}

// walk calls found with every reference in a value.
func walk(value any, found func(ref string)) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			if ref, ok := member.(string); ok && key == "$ref" {
				found(ref)
			}
			walk(member, found)
		}
	case []any:
		for _, member := range v {
			walk(member, found)
		}
	}
}
