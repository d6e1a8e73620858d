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
	schemas := child(child(doc, "components"), "schemas")
	delete(schemas, "google.rpc.Status")
	required := map[string][]any{}
	for name, schema := range schemas {
		if desc, err := files.FindDescriptorByName(protoreflect.FullName(name)); err == nil {
			if message, ok := desc.(protoreflect.MessageDescriptor); ok {
				if required[name], err = finishSchema(asObject(schema), message); err != nil {
					return err
				}
			}
		}
	}
	all := methods(files)
	for i := range all {
		operation, err := finishMethod(child(doc, "paths"), &all[i])
		if err == nil && operation["requestBody"] != nil {
			err = finishBody(operation, &all[i], required)
		}
		if err != nil {
			return err
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
func finishMethod(paths object, m *method) (operation object, err error) {
	generated := asObject(paths[m.path])
	operation = asObject(generated[m.verb])
	if operation == nil {
		return nil, fmt.Errorf("the document has no %s %s", m.verb, m.path)
	}
	delete(generated, m.verb)
	if len(generated) == 0 {
		delete(paths, m.path)
	}
	child(paths, jsonPath(m.path))[m.verb] = operation
	operation["x-roles"] = m.roles
	if err := finishParameters(operation, m); err != nil {
		return nil, err
	}
	finishAnswers(operation, m)
	finishBytes(operation, m)
	if m.desc.Input().FullName() == "google.protobuf.Struct" {
		operation["requestBody"] = object{
			"required": true, "content": object{"application/json": object{"schema": object{"type": "object"}}},
		}
	}
	return operation, nil
}

// anything is the content of a body that is bytes of some kind.
func anything() object {
	return object{"*/*": object{"schema": object{"type": "string", "format": "binary"}}}
}

// finishBytes says of bodies that are files, and of answers that are, that they are no JSON.
func finishBytes(operation object, m *method) {
	if body := m.desc.Input().Fields().ByName(protoreflect.Name(m.body)); body != nil && body.Message() != nil &&
		body.Message().FullName() == "google.api.HttpBody" {
		child(operation, "requestBody")["content"] = anything()
	}
	if m.desc.Output().FullName() == "google.api.HttpBody" {
		for _, status := range []string{"200", "201"} {
			if answer := asObject(child(operation, "responses")[status]); answer != nil {
				answer["content"] = anything()
			}
		}
	}
}

// finishParameters renames path parameters and adds the headers of the policy.
// An etag travels in If-Match, so it is no query parameter.
func finishParameters(operation object, m *method) error {
	parameters := make([]any, 0, 4)
	given, _ := operation["parameters"].([]any)
	for _, p := range given {
		p := asObject(p)
		name, _ := p["name"].(string)
		if p["in"] == "query" && name == "etag" {
			continue
		}
		if field := m.desc.Input().Fields().ByJSONName(name); field != nil && p["in"] == "query" {
			rules, err := option(field, "buf.validate.field")
			if err != nil {
				return err
			}
			constrain(asObject(p["schema"]), rules)
			if wanted(field, rules) {
				p["required"] = true
			}
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
	return nil
}

// finishAnswers makes every error a problem and names the statuses that follow
// from the policy.
func finishAnswers(operation object, m *method) {
	answers := child(operation, "responses")
	ok := child(answers, "200")
	if output := m.desc.Output().ParentFile().Package(); output == "google.protobuf" || output == "google.api" {
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

// finishSchema takes over what the generator leaves of a message: comments at the end of a line, which fields the service alone
// sets, and what the rules of the fields ask for. It returns the fields without which a request is refused.
func finishSchema(schema object, message protoreflect.MessageDescriptor) (required []any, err error) {
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
		policy, err := option(field, "fettle.policy.v1.field")
		if err != nil {
			return nil, err
		}
		if policy["outputOnly"] == true || strings.Contains(strings.ToLower(comments.LeadingComments+comments.TrailingComments), "output only") {
			property["readOnly"] = true
			continue
		}
		rules, err := option(field, "buf.validate.field")
		if err != nil {
			return nil, err
		}
		constrain(property, rules)
		if wanted(field, rules) {
			required = append(required, field.JSONName())
		}
	}
	return required, nil
}

// finishBody says in the schema of a body what a request must hold. The body of a PATCH may leave out anything.
func finishBody(operation object, m *method, required map[string][]any) error {
	schema := asObject(asObject(asObject(child(operation, "requestBody")["content"])["application/json"])["schema"])
	if schema == nil {
		return nil
	}
	names := required[strings.TrimPrefix(fmt.Sprint(schema["$ref"]), "#/components/schemas/")]
	if schema["$ref"] == nil {
		var err error
		if names, err = finishSchema(schema, m.desc.Input()); err != nil {
			return err
		}
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name any) bool { // in the path
		return schema["$ref"] == nil && asObject(schema["properties"])[fmt.Sprint(name)] == nil
	})
	if len(names) > 0 && m.verb != "patch" {
		schema["required"] = names
	}
	return nil
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
