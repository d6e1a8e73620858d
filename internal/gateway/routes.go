package gateway

import (
	"slices"
	"strings"

	"fettle/internal/policy"
)

// routes finds the method of a REST path before the request is read, so that its limits hold from the first byte.
type routes []*route

type route struct {
	policy   *policy.Policy
	segments []string // "" stands for any segment that is not empty
	verb     string   // after the last colon
}

// newRoutes lays out the paths of a table.
func newRoutes(t policy.Table) routes {
	var out routes
	for _, p := range t {
		if p.Path == "" {
			continue
		}
		segments, verb := split(p.Path)
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = ""
			}
		}
		out = append(out, &route{policy: p, segments: segments, verb: verb})
	}
	slices.SortFunc(out, func(a, b *route) int { return strings.Compare(a.policy.Method, b.policy.Method) })
	return out
}

// split cuts a path into segments, and the verb off the last.
func split(path string) (segments []string, verb string) {
	segments = strings.Split(strings.TrimPrefix(path, "/"), "/")
	last := len(segments) - 1
	if i := strings.LastIndexByte(segments[last], ':'); i >= 0 {
		segments[last], verb = segments[last][:i], segments[last][i+1:]
	}
	return segments, verb
}

// find returns the policy of a call, or the methods that its path has: none when there is no such path.
func (rs routes) find(method, path string) (p *policy.Policy, allowed []string) {
	segments, verb := split(path)
	for _, r := range rs {
		if r.verb != verb || !r.fits(segments) {
			continue
		}
		if r.policy.HTTPMethod == method {
			return r.policy, nil
		}
		allowed = append(allowed, r.policy.HTTPMethod)
	}
	slices.Sort(allowed)
	return nil, slices.Compact(allowed)
}

func (r *route) fits(segments []string) bool {
	if len(segments) != len(r.segments) {
		return false
	}
	for i, s := range segments {
		if s == "" || r.segments[i] != "" && r.segments[i] != s {
			return false
		}
	}
	return true
}
