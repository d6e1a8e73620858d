package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	identityv1 "fettle/api/gen/fettle/identity/v1"
	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/policy"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/private"
)

// Service is the full name of the service.
const Service = "fettle.identity.v1.IdentityService"

// Server implements IdentityService.
type Server struct {
	identityv1.UnimplementedIdentityServiceServer
	directory *Directory
	links     *Links
	orders    Orders
	here      Here
}

// Orders finds the order that a link is about.
type Orders interface {
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
}

// NewServer makes the service.
func NewServer(d *Directory, l *Links, o Orders, h Here) *Server {
	if h.RequestID == nil {
		h.RequestID = func(context.Context) string { return "" }
	}
	return &Server{directory: d, links: l, orders: o, here: h}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { identityv1.RegisterIdentityServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return identityv1.RegisterIdentityServiceHandlerClient(ctx, m, identityv1.NewIdentityServiceClient(conn))
}

// request is what makes a request itself and no other: who sends it under which key, and what it says.
func request(ctx context.Context, m proto.Message) (once, hash string, err error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return "", "", auth.ErrUnknown
	}
	md, _ := metadata.FromIncomingContext(ctx)
	method, _ := grpc.Method(ctx)
	h := sha256.New()
	for _, part := range append([]string{who.Name, method}, md.Get("idempotency-key")...) {
		h.Write([]byte(part + "\x00")) // a hash does not fail
	}
	sum, err := wire.Hash(who.Name, m)
	return hex.EncodeToString(h.Sum(nil)), hex.EncodeToString(sum[:]), err
}

// create keeps a new record, or returns the one that the same request has made before.
func (s *Server) create(ctx context.Context, r ledger.Record, once string) (made *ledger.Record, again bool, err error) {
	o, _ := org.FromContext(ctx)
	err = s.directory.store.Apply(ctx, o, &ledger.Change{Records: []ledger.Record{r}, Audit: []ledger.Entry{s.entry(ctx, &r)}})
	var taken *ledger.TakenError
	if !errors.As(err, &taken) || taken.Name != "request" {
		return &r, false, err
	}
	page, err := s.directory.store.Records(ctx, o, ledger.Where(r.Kind, "request", ledger.Text(once)), 1)
	if err != nil {
		return nil, false, err
	}
	if len(page.Records) == 0 {
		return nil, false, ledger.ErrStale
	}
	return &page.Records[0], true, nil
}

// entry tells the audit who changed what.
func (s *Server) entry(ctx context.Context, r *ledger.Record) ledger.Entry {
	who, _ := auth.FromContext(ctx)
	method, _ := grpc.Method(ctx)
	return ledger.Entry{
		Time: s.directory.clock.Now().Truncate(time.Microsecond), Actor: who.Name, Method: method, Kind: r.Kind, ID: r.ID, Result: ledger.OK,
		RequestID: s.here.RequestID(ctx),
	}
}

// CreateUser implements the method of the same name.
func (s *Server) CreateUser(ctx context.Context, r *identityv1.CreateUserRequest) (*identityv1.User, error) {
	once, hash, err := request(ctx, r)
	if err != nil {
		return nil, err
	}
	now := s.directory.clock.Now().UTC().Truncate(time.Microsecond)
	in := r.GetUser()
	u := &User{
		ID: newID("us_", now), Version: 1, Created: now, Updated: now, Request: hash,
		Name: in.GetDisplayName(), Roles: roles(in.GetRoles()), Technician: in.GetTechnicianId(), Subject: in.GetSubject(), Disabled: in.GetDisabled(),
	}
	if u.Phone, err = phone(in.GetPhone()); err != nil {
		return nil, err
	}
	if err := u.check(); err != nil {
		return nil, err
	}
	o, _ := org.FromContext(ctx)
	rec, err := u.record(s.links.Signer, o, once)
	if err != nil {
		return nil, err
	}
	made, again, err := s.create(ctx, rec, once)
	if err != nil {
		return nil, err
	}
	if u, err = userOf(made); err == nil && again && u.Request != hash {
		err = territory.ErrKeyReused
	}
	return showUser(u), err
}

// GetUser implements the method of the same name.
func (s *Server) GetUser(ctx context.Context, r *identityv1.GetUserRequest) (*identityv1.User, error) {
	u, err := s.user(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	return showUser(u), nil
}

// RevealUser implements the method of the same name. The gate has the audit entry written before the answer goes out.
func (s *Server) RevealUser(ctx context.Context, r *identityv1.RevealUserRequest) (*identityv1.UserNumbers, error) {
	u, err := s.user(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	return &identityv1.UserNumbers{Id: u.ID, Phone: u.Phone.Reveal()}, nil
}

func (s *Server) user(ctx context.Context, id string) (*User, error) {
	o, _ := org.FromContext(ctx)
	r, err := s.directory.store.Record(ctx, o, userKind, id)
	if err != nil {
		return nil, err
	}
	return userOf(r)
}

// ListUsers implements the method of the same name.
func (s *Server) ListUsers(ctx context.Context, r *identityv1.ListUsersRequest) (*identityv1.ListUsersResponse, error) {
	page, err := s.list(ctx, userKind, r.GetPageSize(), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &identityv1.ListUsersResponse{NextPageToken: page.Next.ID}
	for i := range page.Records {
		u, err := userOf(&page.Records[i])
		if err != nil {
			return nil, err
		}
		out.Users = append(out.Users, showUser(u))
	}
	return out, nil
}

func (s *Server) list(ctx context.Context, kind string, size int32, token string) (ledger.Page, error) {
	o, _ := org.FromContext(ctx)
	n := int(size)
	if n == 0 {
		n = policy.DefaultPageSize
	}
	q := ledger.All(kind)
	q.After.ID = token
	return s.directory.store.Records(ctx, o, q, min(n, policy.MaxPageSize))
}

// UpdateUser implements the method of the same name.
func (s *Server) UpdateUser(ctx context.Context, r *identityv1.UpdateUserRequest) (*identityv1.User, error) {
	o, _ := org.FromContext(ctx)
	u, err := s.user(ctx, r.GetUser().GetId())
	if err != nil {
		return nil, err
	}
	if v, ok := wire.Version(r.GetEtag()); r.GetEtag() != "*" && (!ok || v != u.Version) {
		return nil, ledger.ErrStale
	}
	if err := change(u, r.GetUser(), r.GetUpdateMask().GetPaths()); err != nil {
		return nil, err
	}
	if err := wire.Validate(showUser(u)); err != nil {
		return nil, wire.In("user", err)
	}
	if err := u.check(); err != nil {
		return nil, err
	}
	u.Version, u.Updated = u.Version+1, s.directory.clock.Now().UTC().Truncate(time.Microsecond)
	rec, err := u.record(s.links.Signer, o, "")
	if err != nil {
		return nil, err
	}
	err = s.directory.store.Apply(ctx, o, &ledger.Change{Records: []ledger.Record{rec}, Audit: []ledger.Entry{s.entry(ctx, &rec)}})
	s.directory.forget(account{o, userKind, u.ID})
	if err != nil {
		return nil, err
	}
	return showUser(u), nil
}

// change copies the fields that a mask names.
func change(u *User, in *identityv1.User, paths []string) error {
	for _, path := range paths {
		switch path {
		case "display_name", "displayName":
			u.Name = in.GetDisplayName()
		case "roles":
			u.Roles = roles(in.GetRoles())
		case "technician_id", "technicianId":
			u.Technician = in.GetTechnicianId()
		case "subject":
			u.Subject = in.GetSubject()
		case "disabled":
			u.Disabled = in.GetDisabled()
		case "phone":
			var err error
			if u.Phone, err = phone(in.GetPhone()); err != nil {
				return err
			}
		case "id", "etag": // the name and the version of what is changed
		default:
			return &invalid.Error{Field: "updateMask", Value: path, Want: "names of fields, as displayName"}
		}
	}
	return nil
}

// phone reads a mobile number, "" for none.
func phone(text string) (private.Phone, error) {
	if text == "" {
		return private.Phone{}, nil
	}
	p, err := private.ParsePhone(text)
	if err != nil || !p.Mobile() {
		return p, &invalid.Error{Field: "user.phone", Want: "a mobile number of mainland China, or + and a country code with up to 15 digits in all"}
	}
	return p, nil
}

// CreateApiKey implements the method of the same name.
func (s *Server) CreateApiKey(ctx context.Context, r *identityv1.CreateApiKeyRequest) (*identityv1.ApiKey, error) { //nolint:revive // the contract spells it so
	o, _ := org.FromContext(ctx)
	once, hash, err := request(ctx, r)
	if err != nil {
		return nil, err
	}
	k, secret, err := s.newKey(ctx, o, r.GetApiKey())
	if err != nil {
		return nil, err
	}
	k.Request = hash
	rec, err := k.record(once)
	if err != nil {
		return nil, err
	}
	made, again, err := s.create(ctx, rec, once)
	if err != nil {
		return nil, err
	}
	if k, err = keyOf(made); err != nil {
		return nil, err
	}
	out := showKey(k)
	switch {
	case again && k.Request != hash:
		return nil, territory.ErrKeyReused
	case !again:
		out.Secret = secret
	}
	return out, nil
}

// newKey decides what a new key may do.
func (s *Server) newKey(ctx context.Context, o org.ID, in *identityv1.ApiKey) (*APIKey, string, error) {
	now := s.directory.clock.Now().UTC().Truncate(time.Microsecond)
	if (len(in.GetRoles()) == 0) == (in.GetUserId() == "") {
		return nil, "", &invalid.Error{Field: "apiKey.roles", Want: "either roles or userId"}
	}
	if slices.Contains(in.GetRoles(), policyv1.Role_TECHNICIAN) {
		return nil, "", &invalid.Error{Field: "apiKey.roles", Want: "userId of a user who is a technician: the role reaches only what is theirs"}
	}
	if in.GetAllTenants() && in.GetUserId() != "" {
		return nil, "", &invalid.Error{Field: "apiKey.allTenants", Want: "false: a key that acts as a person has the limits of that person"}
	}
	if in.GetUserId() != "" {
		if _, err := s.user(ctx, in.GetUserId()); err != nil {
			return nil, "", err
		}
	}
	asked, err := wire.Instant("apiKey.expireTime", in.GetExpireTime())
	if err != nil {
		return nil, "", err
	}
	expires, err := expiry("apiKey.expireTime", asked, now, keyLife, maxKeyLife)
	if err != nil {
		return nil, "", err
	}
	k := &APIKey{
		ID: newID("ak_", now), Version: 1, Created: now, Updated: now, Name: in.GetDisplayName(), Roles: roles(in.GetRoles()),
		User: in.GetUserId(), Expires: expires, AllTenants: in.GetAllTenants(),
	}
	secret := ""
	secret, k.Hash = newSecret(o, k.ID)
	return k, secret, nil
}

// GetApiKey implements the method of the same name.
func (s *Server) GetApiKey(ctx context.Context, r *identityv1.GetApiKeyRequest) (*identityv1.ApiKey, error) { //nolint:revive // the contract spells it so
	o, _ := org.FromContext(ctx)
	rec, err := s.directory.store.Record(ctx, o, keyKind, r.GetId())
	if err != nil {
		return nil, err
	}
	k, err := keyOf(rec)
	if err != nil {
		return nil, err
	}
	return showKey(k), nil
}

// ListApiKeys implements the method of the same name.
func (s *Server) ListApiKeys(ctx context.Context, r *identityv1.ListApiKeysRequest) (*identityv1.ListApiKeysResponse, error) { //nolint:revive // the contract spells it so
	page, err := s.list(ctx, keyKind, r.GetPageSize(), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &identityv1.ListApiKeysResponse{NextPageToken: page.Next.ID}
	for i := range page.Records {
		k, err := keyOf(&page.Records[i])
		if err != nil {
			return nil, err
		}
		out.ApiKeys = append(out.ApiKeys, showKey(k))
	}
	return out, nil
}

// DeleteApiKey implements the method of the same name.
func (s *Server) DeleteApiKey(ctx context.Context, r *identityv1.DeleteApiKeyRequest) (*emptypb.Empty, error) { //nolint:revive // the contract spells it so
	o, _ := org.FromContext(ctx)
	rec, err := s.directory.store.Record(ctx, o, keyKind, r.GetId())
	if err != nil {
		return nil, err
	}
	err = s.directory.store.Apply(ctx, o, &ledger.Change{Removed: []ledger.Ref{rec.Ref()}, Audit: []ledger.Entry{s.entry(ctx, rec)}})
	s.directory.forget(account{o, keyKind, rec.ID})
	return &emptypb.Empty{}, err
}

func showUser(u *User) *identityv1.User {
	return &identityv1.User{
		Id: u.ID, CreateTime: wire.Timestamp(u.Created), UpdateTime: wire.Timestamp(u.Updated), Etag: wire.Etag(u.Version),
		DisplayName: u.Name, Roles: spelled(u.Roles), TechnicianId: u.Technician, Subject: u.Subject, Disabled: u.Disabled,
		Phone: u.Phone.String(),
	}
}

func showKey(k *APIKey) *identityv1.ApiKey {
	return &identityv1.ApiKey{
		Id: k.ID, CreateTime: wire.Timestamp(k.Created), DisplayName: k.Name, Roles: spelled(k.Roles), UserId: k.User,
		ExpireTime: wire.Timestamp(k.Expires), LastUseTime: wire.Timestamp(k.Used), AllTenants: k.AllTenants,
	}
}

func roles(in []policyv1.Role) []auth.Role {
	var out []auth.Role
	for _, r := range in {
		out = append(out, auth.Role(r.String()))
	}
	return out
}

func spelled(in []auth.Role) []policyv1.Role {
	var out []policyv1.Role
	for _, r := range in {
		out = append(out, policyv1.Role(policyv1.Role_value[string(r)]))
	}
	return out
}
