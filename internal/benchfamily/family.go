package benchfamily

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"fettle/dispatch/problem"
)

// family is one set of cases and how they are measured.
type family struct {
	name   string
	format problem.Format
	// files are the patterns under the folder of instances; the first that finds any counts. Empty for made instances.
	files []string
	skip  string // files that end so are no instances
	// folders puts the folder of a file before its name, where two folders have cases of one name.
	folders bool
	// made are the cases of a family that makes its own instances.
	made []testCase
	// list finds the cases of a family that are more than files.
	list func(o Options) ([]testCase, error)
	best func(file, name string) (best, error)
	run  func(ctx context.Context, c testCase, seed uint64, o Options) measured
}

// testCase is one instance.
type testCase struct {
	name   string
	file   string // "" when it is made
	format problem.Format
	best   best
	// releases is the file that says when requests become known.
	releases string
	seed     uint64  // of a day of requests
	winner   float64 // cost of the winner of a competition
	size     [2]int  // of a made instance; what it means is the family's own
}

// measured is a row: it knows what it adds to the summary.
type measured interface{ addTo(s *Summary) }

// families is the table of all families.
func families() []family {
	return []family{
		{
			name: "solomon", format: problem.Solomon, files: []string{"vrptw/solomon/*.txt", "solomon/*.txt", "*.txt"},
			best: bestDistance, run: runStatic,
		},
		{
			name: "homberger", format: problem.Solomon, files: []string{"vrptw/homberger/*.txt", "homberger/*.txt", "*.txt"},
			best: bestDistance, run: runStatic,
		},
		{
			name: "vroom", format: problem.VROOM, files: []string{"vroom_cases/*.json", "*.json"}, skip: ".vroom.json",
			best: bestVROOM, run: runStatic,
		},
		{
			name: "praxedo", format: problem.TRSP, files: []string{"praxedo_real/dev/*.txt", "dev/*.txt", "*.txt"},
			best: bestWorkingTime, run: runStatic,
		},
		{
			name: "trsp", format: problem.TRSP, files: []string{"trsp_pillac/dev/crew25/*.txt", "dev/crew25/*.txt", "crew25/*.txt", "*.txt"},
			best: bestWorkingTime, run: runStatic,
		},
		{
			name: "dispatch", format: problem.Dispatch, files: []string{"dispatch/d*.json", "*.json"},
			best: bestUnknown, run: runStatic,
		},
		{
			name: "mdvrptw", format: problem.MDVRPTW, folders: true,
			files: []string{"site_dependent_multi_depot_vrptw/dev/*/*.vrp", "dev/*/*.vrp", "*/*.vrp", "*.vrp"},
			best:  bestFleet, run: runStatic,
		},
		{
			name: "euro", format: problem.EURO, files: []string{"euro_neurips_2022/dev/*.txt", "dev/*.txt", "*.txt"},
			best: bestSolution, run: runStatic,
		},
		{
			// best_solutions stands beside the folders of instances.
			name: "hhcrsp", format: problem.HHCRSP, files: []string{"hhcrsp/dev/[^b]*/*.json", "dev/[^b]*/*.json", "*.json"},
			best: bestHomeCare, run: runStatic,
		},
		{name: "euro-dynamic", list: listDays, run: runDay},
		dynamicSets()[0].family(),
		dynamicSets()[1].family(),
		{
			name: "orlib", files: []string{"assignment_orlib/dev/assign*.txt", "dev/assign*.txt", "*.txt"},
			best: bestAssignment, run: runORLib,
		},
		{name: "assignment", made: madeAssignments(), run: runMadeAssignment},
		{name: "index", made: madeIndexes(), run: runIndex},
		{name: "insertion", made: madeInsertions(), run: runInsertion},
		{name: "burst", made: madeBursts(), run: runBurst},
		{name: "replan", list: listReplans, run: runReplan},
	}
}

// cases lists the instances of a family, by name.
func (f *family) cases(o Options) ([]testCase, error) {
	out := f.made
	if f.list != nil {
		listed, err := f.list(o)
		if err != nil {
			return nil, err
		}
		out = listed
	} else if out == nil {
		files, err := f.find(o)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			c := testCase{name: caseName(file), file: file, format: f.format}
			if f.folders {
				c.name = filepath.Base(filepath.Dir(file)) + "-" + c.name
			}
			if c.best, err = f.best(file, c.name); err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	kept := slices.DeleteFunc(slices.Clone(out), func(c testCase) bool {
		return o.PeersOnly && !c.best.peers || !strings.Contains(o.Cases, "/") && !matches(o.Cases, c.name)
	})
	if len(kept) == 0 {
		return nil, fmt.Errorf("family %s: no case of %d matches %q", f.name, len(out), o.Cases)
	}
	return kept, nil
}

// find lists the files of a family.
func (f *family) find(o Options) ([]string, error) {
	patterns := []string{}
	switch {
	case strings.Contains(o.Cases, "/"):
		patterns = append(patterns, o.Cases)
	case o.Dir == "":
		return nil, fmt.Errorf("family %s: its instances are not part of fettle: name the folder that holds them", f.name)
	default:
		if info, err := os.Stat(o.Dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s is no folder of instances", o.Dir)
		}
		for _, files := range f.files {
			patterns = append(patterns, filepath.Join(o.Dir, filepath.FromSlash(files)))
		}
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		found = slices.DeleteFunc(found, func(file string) bool { return f.skip != "" && strings.HasSuffix(file, f.skip) })
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, fmt.Errorf("family %s: no file matches %s", f.name, strings.Join(patterns, " or "))
}

func caseName(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// matches reports whether a name matches one of several patterns; "" matches all.
func matches(patterns, name string) bool {
	for _, p := range strings.Split(patterns, ",") {
		if ok, err := path.Match(strings.TrimSpace(p), name); p == "" || err == nil && ok {
			return true
		}
	}
	return false
}
