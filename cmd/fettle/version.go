package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCommand prints the build.
type versionCommand struct {
	SBOM bool `name:"sbom" help:"Print what is in the binary instead: every module with its version and hash, as CycloneDX JSON."`
}

// Run implements the command.
func (c versionCommand) Run(s *session) error {
	if c.SBOM {
		return printSBOM(s.stdout)
	}
	version, commit := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		commit = commitOf(info)
	}
	_, err := fmt.Fprintf(s.stdout, "fettle %s%s %s %s/%s\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// commitOf is the commit that was built, "" for a build outside version control.
func commitOf(info *debug.BuildInfo) string {
	commit, changed := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			commit = " commit " + setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = " with changes"
		}
	}
	return commit + changed
}
