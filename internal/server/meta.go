package server

import (
	"context"
	"maps"
	"slices"
	"strings"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/policy"
)

// meta implements MetaService.
type meta struct {
	*Server
	dispatchv1.UnimplementedMetaServiceServer
}

// ListMethods implements the method of the same name.
func (s *meta) ListMethods(context.Context, *dispatchv1.ListMethodsRequest) (*dispatchv1.ListMethodsResponse, error) {
	out := &dispatchv1.ListMethodsResponse{Limits: &dispatchv1.Limits{
		DefaultPageSize: policy.DefaultPageSize, MaxPageSize: policy.MaxPageSize, MaxRequestBytes: policy.DefaultMaxBytes,
		MaxHeaderBytes: policy.MaxHeaderBytes, MaxPositions: policy.MaxPositions, MaxStreams: policy.MaxStreams,
		IdempotencyKeyHours: policy.KeyHours,
	}}
	for _, name := range slices.Sorted(maps.Keys(s.methods)) {
		p := s.methods[name]
		m := &dispatchv1.Method{
			Method: strings.TrimPrefix(name, "/"), HttpMethod: p.HTTPMethod, Path: p.Path,
			IdempotencyKey: p.IdempotencyKey, IfMatch: p.IfMatch, MaxRequestBytes: uint32(p.MaxBytes),
			DeadlineSeconds: uint32(p.Deadline.Seconds()), Audit: p.Audit, Open: p.Open,
		}
		for _, r := range p.Roles() {
			m.Roles = append(m.Roles, policyv1.Role(policyv1.Role_value[string(r)]))
		}
		for _, r := range p.OwnRoles() {
			m.Own = append(m.Own, policyv1.Role(policyv1.Role_value[string(r)]))
		}
		for _, t := range p.Targets {
			m.Targets = append(m.Targets, &policyv1.Target{Field: t.Field, Resource: t.Resource, Rule: t.Rule})
		}
		out.Methods = append(out.Methods, m)
	}
	return out, nil
}
