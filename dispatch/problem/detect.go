package problem

import (
	"bytes"
	"slices"
	"strings"
)

// detectLines is how many lines of a text file are looked at: the keyword of every format comes earlier.
const detectLines = 40

// detect tells the format of a file by its content: JSON by the names at its top, text by the keywords of its head.
func detect(name string, data []byte) (Format, error) {
	trimmed := bytes.TrimSpace(data)
	if len(trimmed) == 0 {
		return "", &Error{File: name, Msg: "the file is empty"}
	}
	if bytes.HasPrefix(trimmed, []byte("\xff\xfe")) || bytes.HasPrefix(trimmed, []byte("\xfe\xff")) {
		return "", &Error{File: name, Msg: "the text is UTF-16, want UTF-8"}
	}
	if trimmed[0] == '{' {
		if f := detectJSON(topKeys(trimmed)); f != "" {
			return f, nil
		}
	} else if f := detectText(name, trimmed); f != "" {
		return f, nil
	}
	return "", &Error{File: name, Msg: "the format cannot be told by the content; name it: " + knownFormats[len("auto, "):]}
}

func detectJSON(keys map[string]bool) Format {
	switch {
	case keys["patients"] && keys["caregivers"]:
		return HHCRSP
	case keys["technicians"] && keys["jobs"]:
		return Dispatch
	case keys["technicians"] || keys["visits"]:
		return Fettle
	case keys["plan"] && keys["fleet"]:
		return Pragmatic
	case keys["vehicles"] || keys["jobs"] || keys["shipments"]:
		return VROOM
	}
	return ""
}

// fleetTypes are the kinds of problem of the dialect with a fleet vehicle by vehicle.
var fleetTypes = []string{"MDVRPTW", "SDVRPTW"}

func detectText(name string, data []byte) Format {
	f := newTextFile(name, data)
	for i := 0; i < detectLines && f.next(); i++ {
		line := strings.ToUpper(f.text)
		word, value, colon := strings.Cut(line, ":")
		word = strings.TrimSpace(word)
		switch {
		case strings.HasPrefix(line, "CREW COUNT"):
			return TRSP
		case line == "VEHICLE":
			return Solomon
		case word == "TYPE" && slices.Contains(fleetTypes, strings.TrimSpace(value)):
			return MDVRPTW
		case word == "NAME" && strings.HasPrefix(strings.TrimSpace(value), "ORTEC-VRPTW-ASYM"):
			return EURO
		case strings.HasSuffix(word, "_SECTION"), colon && (word == "DIMENSION" || word == "EDGE_WEIGHT_TYPE"):
			return VRPLIB
		}
	}
	return ""
}

// topKeys is the set of the keys of the outermost JSON object. Malformed text gives some of them: its reader says what is
// wrong with it.
func topKeys(data []byte) map[string]bool {
	keys := map[string]bool{}
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := stringEnd(data, i)
			if depth == 1 && isKey(data, end) {
				keys[string(data[i+1:end])] = true
			}
			i = end
		}
	}
	return keys
}
