package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// object is a JSON object.
type object = map[string]any

// extra is the part of the document that no proto holds.
//
//go:embed extra.json
var extra []byte

// finish completes a merged document in place. It fails when the document and
// the files are of different protos.
func finish(doc object, files *protoregistry.Files) error {
	all := methods(files)
	for i := range all {
		if err := finishMethod(child(doc, "paths"), &all[i]); err != nil {
			return err
		}
	}
	schemas := child(child(doc, "components"), "schemas")
	delete(schemas, "google.rpc.Status")
	for name, schema := range schemas {
		if desc, err := files.FindDescriptorByName(protoreflect.FullName(name)); err == nil {
			if message, ok := desc.(protoreflect.MessageDescriptor); ok {
				finishSchema(asObject(schema), message)
			}
		}
	}
	var more object
	if err := json.Unmarshal(extra, &more); err != nil {
		return fmt.Errorf("read extra.json: %w", err)
	}
	merge(doc, more)
	return nil
}

// finishMethod moves one operation to its path and adds headers and answers.
func finishMethod(paths object, m *method) error {
	generated := asObject(paths[m.path])
	operation := asObject(generated[m.verb])
	if operation == nil {
		return fmt.Errorf("the document has no %s %s", m.verb, m.path)
	}
	delete(generated, m.verb)
	if len(generated) == 0 {
		delete(paths, m.path)
	}
	child(paths, jsonPath(m.path))[m.verb] = operation
	operation["x-roles"] = m.roles
	finishParameters(operation, m)
	finishAnswers(operation, m)
	if m.desc.Input().FullName() == "google.protobuf.Struct" {
		operation["requestBody"] = object{
			"required": true, "content": object{"application/json": object{"schema": object{"type": "object"}}},
		}
	}
	return nil
}

// finishParameters renames path parameters and adds the headers of the policy.
// An etag travels in If-Match, so it is no query parameter.
func finishParameters(operation object, m *method) {
	parameters := make([]any, 0, 4)
	given, _ := operation["parameters"].([]any)
	for _, p := range given {
		p := asObject(p)
		name, _ := p["name"].(string)
		if p["in"] == "query" && name == "etag" {
			continue
		}
		if p["in"] == "path" {
			p["name"] = name[strings.LastIndexByte(name, '.')+1:]
		}
		parameters = append(parameters, p)
	}
	if m.idempotencyKey {
		parameters = append(parameters, reference("parameters", "IdempotencyKey"))
	}
	switch {
	case m.ifMatch:
		parameters = append(parameters, reference("parameters", "IfMatch"))
	case m.desc.Input().Fields().ByName("etag") != nil:
		parameters = append(parameters, reference("parameters", "IfMatchOptional"))
	}
	if len(parameters) > 0 {
		operation["parameters"] = parameters
	}
}

// finishAnswers makes every error a problem and names the statuses that follow
// from the policy.
func finishAnswers(operation object, m *method) {
	answers := child(operation, "responses")
	ok := child(answers, "200")
	if output := m.desc.Output(); output.ParentFile().Package() == "google.protobuf" {
		ok["description"] = "Done." // the generator quotes the manual of protobuf
	}
	if strings.HasPrefix(string(m.desc.Name()), "Create") {
		delete(answers, "200")
		answers["201"] = ok
	}
	statuses := []string{"default", "400", "401", "403", "429", "503"}
	if strings.Contains(m.path, "{") {
		statuses = append(statuses, "404")
	}
	if operation["requestBody"] != nil {
		statuses = append(statuses, "413", "415", "422")
	}
	if m.idempotencyKey || m.verb == "patch" || m.verb == "delete" {
		statuses = append(statuses, "409", "507") // it changes something
	}
	if m.ifMatch {
		statuses = append(statuses, "428")
	}
	if m.desc.Input().Fields().ByName("etag") != nil {
		statuses = append(statuses, "412")
	}
	for _, status := range statuses {
		answers[status] = reference("responses", "Problem")
	}
}

// finishSchema takes over what the generator leaves of the comments of fields:
// those at the end of a line, and which fields the service alone sets.
func finishSchema(schema object, message protoreflect.MessageDescriptor) {
	properties := asObject(schema["properties"])
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		property := asObject(properties[field.JSONName()])
		if property == nil {
			continue
		}
		comments := message.ParentFile().SourceLocations().ByDescriptor(field)
		if trailing := strings.TrimSpace(comments.TrailingComments); property["description"] == nil && trailing != "" {
			property["description"] = trailing
		}
		if strings.Contains(strings.ToLower(comments.LeadingComments+comments.TrailingComments), "output only") {
			property["readOnly"] = true
		}
	}
}

// merge adds the members of more to those of doc: objects are merged, lists
// are joined, anything else is replaced.
func merge(doc, more object) {
	for _, key := range slices.Sorted(maps.Keys(more)) {
		switch value := more[key].(type) {
		case object:
			merge(child(doc, key), value)
		case []any:
			given, _ := doc[key].([]any)
			doc[key] = append(given, value...)
		default:
			doc[key] = value
		}
	}
}

// child returns the object under a key, which it adds when it is missing.
func child(parent object, key string) object {
	if c := asObject(parent[key]); c != nil {
		return c
	}
	c := object{}
	parent[key] = c
	return c
}

// asObject returns a value as an object, nil if it is none.
func asObject(value any) object {
	o, _ := value.(object)
	return o
}

// reference returns a reference to a component.
func reference(kind, name string) object {
	return object{"$ref": "#/components/" + kind + "/" + name}
}
