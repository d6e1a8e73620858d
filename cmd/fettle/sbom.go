package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"runtime/debug"
	"strings"
)

// sbomJSON is a bill of materials as CycloneDX 1.5 has it. It holds no time and no random number: the same build, the same
// bytes.
type sbomJSON struct {
	Format     string          `json:"bomFormat"`
	Spec       string          `json:"specVersion"`
	Version    int             `json:"version"`
	Metadata   sbomMetadata    `json:"metadata"`
	Components []sbomComponent `json:"components"`
}

type sbomMetadata struct {
	Component sbomComponent `json:"component"`
}

type sbomComponent struct {
	Type    string     `json:"type"`
	Ref     string     `json:"bom-ref"`
	Name    string     `json:"name"`
	Version string     `json:"version"`
	PURL    string     `json:"purl"`
	Hashes  []sbomHash `json:"hashes,omitempty"`
}

type sbomHash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// printSBOM writes the bill of the running binary, from what the linker put into it.
func printSBOM(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("the binary does not say what it was built from: build it with modules")
	}
	out := sbomJSON{Format: "CycloneDX", Spec: "1.5", Version: 1}
	out.Metadata.Component = component("application", &info.Main)
	std := debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	out.Components = append(out.Components, component("library", &std))
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out.Components = append(out.Components, component("library", m))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// component describes a module. Its hash is that of go.sum: SHA-256 over the names and hashes of its files.
func component(kind string, m *debug.Module) sbomComponent {
	version := m.Version
	if version == "" {
		version = "(devel)"
	}
	purl := "pkg:golang/" + m.Path + "@" + version
	c := sbomComponent{Type: kind, Ref: purl, Name: m.Path, Version: version, PURL: purl}
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) > 0 {
		c.Hashes = []sbomHash{{"SHA-256", hex.EncodeToString(sum)}}
	}
	return c
}
