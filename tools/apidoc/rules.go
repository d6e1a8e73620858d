package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// keywords are the rules of protovalidate that JSON Schema has a word for, by the type that they are about.
var keywords = map[string]map[string]string{
	"string":   {"minLen": "minLength", "maxLen": "maxLength", "pattern": "pattern", "in": "enum"},
	"repeated": {"minItems": "minItems", "maxItems": "maxItems", "unique": "uniqueItems"},
	"map":      {"minPairs": "minProperties", "maxPairs": "maxProperties"},
	"int32":    {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"},
	"double":   {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"},
}

// option returns an option of a field as JSON, nil if the field has none of that name.
func option(field protoreflect.FieldDescriptor, name protoreflect.FullName) (found object, err error) {
	field.Options().ProtoReflect().Range(func(o protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if o.FullName() != name {
			return true
		}
		var raw []byte
		if raw, err = protojson.Marshal(v.Message().Interface()); err == nil {
			err = json.Unmarshal(raw, &found)
		}
		return false
	})
	if err != nil {
		return nil, fmt.Errorf("%s: read %s: %w", field.FullName(), name, err)
	}
	return found, nil
}

// constrain adds to the schema of a field what its rules ask for. A rule that JSON Schema cannot say is left to the answer of the
// service: lengths of durations, and bounds of 64-bit integers, which are strings.
func constrain(property object, rules object) {
	for kind, words := range keywords {
		for rule, word := range words {
			if value, ok := asObject(rules[kind])[rule]; ok {
				property[word] = plainNumber(value)
			}
		}
	}
	if exact, ok := asObject(rules["string"])["len"]; ok {
		property["minLength"], property["maxLength"] = plainNumber(exact), plainNumber(exact)
	}
	if items := asObject(asObject(rules["repeated"])["items"]); items != nil {
		constrain(asObject(property["items"]), items)
	}
	if values := asObject(asObject(rules["map"])["values"]); values != nil {
		constrain(asObject(property["additionalProperties"]), values)
	}
}

// plainNumber undoes the strings that 64-bit integers are in JSON.
func plainNumber(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	var n json.Number
	if json.Unmarshal([]byte(text), &n) != nil {
		return value
	}
	return n
}

// wanted says whether a request without the field is refused by its rules.
func wanted(field protoreflect.FieldDescriptor, rules object) bool {
	if rules["required"] == true {
		return true
	}
	if none, _ := asObject(rules["enum"])["notIn"].([]any); slices.Contains(none, any(0.0)) && !field.HasPresence() {
		return true
	}
	least := asObject(rules["string"])["minLen"]
	if field.Kind() == protoreflect.BytesKind {
		least = asObject(rules["bytes"])["minLen"]
	}
	if field.IsList() {
		least = asObject(rules["repeated"])["minItems"]
	}
	exact := asObject(rules["string"])["len"]
	return (least != nil || exact != nil) && rules["ignore"] == nil && !field.HasPresence()
}
