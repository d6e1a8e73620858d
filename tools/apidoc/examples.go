package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// example is a request of api/examples; the tests of internal/app make it, and say there what the other fields are.
type example struct {
	Call, Summary, Type, Text string
	Body                      json.RawMessage
	Status                    any
}

// shown are the examples of a document.
type shown struct {
	IDs      map[string]string `json:"ids"` // what stands for {NAME}
	Answers  map[string]object `json:"answers"`
	requests []example
}

// readExamples reads what is in a directory: the requests, and in answers.json what came back.
func readExamples(dir string) (*shown, error) {
	s := &shown{}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if filepath.Base(name) == "answers.json" {
			err = json.Unmarshal(data, s)
		} else {
			var some []example
			err = json.Unmarshal(data, &some)
			s.requests = append(s.requests, some...)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return s, nil
}

// parameter matches what differs between a call and its path in the document.
var parameter = regexp.MustCompile(`\{[^}]*\}`)

// add puts the examples into the operations that they are of.
func (s *shown) add(doc object) {
	shapes := map[string]string{}
	for path := range child(doc, "paths") {
		shapes[parameter.ReplaceAllString(path, "{}")] = path
	}
	for i := range s.requests {
		e := &s.requests[i]
		verb, path, _ := strings.Cut(e.Call, " ")
		operation := asObject(asObject(child(doc, "paths")[s.path(shapes, path)])[strings.ToLower(verb)])
		if operation["requestBody"] != nil {
			e.show(child(child(operation, "requestBody"), "content"), s)
		}
	}
	for _, verbs := range child(doc, "paths") {
		for _, operation := range asObject(verbs) {
			name, _ := asObject(operation)["operationId"].(string)
			for status, answer := range asObject(asObject(operation)["responses"]) {
				content := asObject(asObject(asObject(answer)["content"])["application/json"])
				if found := s.Answers[name]; content != nil && found != nil && strings.HasPrefix(status, "2") {
					content["example"] = found
				}
			}
		}
	}
}

// path is the path of the document that a call is of: a parameter, or a word in its place, as WORK_ORDERS.
func (s *shown) path(shapes map[string]string, call string) string {
	if path, ok := shapes[parameter.ReplaceAllString(call, "{}")]; ok {
		return path
	}
	for shape, path := range shapes {
		if regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(shape), `\{\}`, `[^/:]+`) + "$").MatchString(call) {
			return path
		}
	}
	return ""
}

// show adds an example to the content of a body.
func (e *example) show(content object, s *shown) {
	kind, value := "application/json", any(nil)
	switch {
	case e.Type != "" && e.Text == "":
		return // bytes
	case e.Type != "":
		kind, value = e.Type, s.filled(e.Text)
		content[kind] = object{"schema": object{"type": "string"}}
	case json.Unmarshal([]byte(s.filled(string(e.Body))), &value) != nil:
		return
	}
	examples := child(child(content, kind), "examples")
	if e.Summary == "" && len(examples) > 0 {
		return // one that says nothing new
	}
	one := object{"value": value}
	if e.Summary != "" {
		one["summary"] = e.Summary
	}
	examples[fmt.Sprintf("example%d", len(examples)+1)] = one
}

// filled puts ids in the place of their names. What stands for bytes in base64 is left as the text that it is of.
func (s *shown) filled(text string) string {
	for name, id := range s.IDs {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}
