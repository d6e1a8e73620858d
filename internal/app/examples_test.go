package app_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"fettle/api/openapi"
	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/due"
)

var writeAnswers = flag.Bool("update", false, "write the answers to the examples of the API into api/examples/answers.json")

// examples is where the examples of the OpenAPI document are.
const examples = "../../api/examples"

// example is a request of the document. In its path, query and body {NAME} stands for what an earlier one has saved.
type example struct {
	Call    string // as "POST /v1/leases/{leases}:sign"
	Summary string
	Query   string
	Body    json.RawMessage
	Type    string            // of a body that is no JSON, with Text or Base64
	Text    string            //
	Base64  string            //
	Status  json.RawMessage   // one or several; 200 or 201 unless given
	Save    map[string]string // by name a field of the answer; {KIND: id} of what a POST to /v1/KIND makes unless given
	As      string            // the saved credential that makes it; that of the org unless given
	Hours   int               // that pass before it, and more until it succeeds
	Outage  bool              // and as many before them in which nothing is done
	Find    map[string]string // by name the list whose first element has the id, or a resource and its field
}

// document is the OpenAPI document as these tests read it.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string
		RequestBody *struct{ Content map[string]any }
		Responses   map[string]struct{ Content map[string]any }
	}
}

// reader goes through the examples as somebody does who has the document alone.
type reader struct {
	*city
	now     *clock.Fake
	as      string
	log     codes // what the service logs
	doc     document
	schemas *jsonschema.Compiler
	saved   map[string]string
	answers map[string]json.RawMessage
	tried   map[string]bool // operations that a request was made for
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{saved: map[string]string{}, answers: map[string]json.RawMessage{}, tried: map[string]bool{}, schemas: jsonschema.NewCompiler()}
	if err := json.Unmarshal(openapi.JSON(), &r.doc); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi.JSON()))
	if err == nil {
		err = r.schemas.AddResource("fettle.json", whole)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.now = clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	r.city = &city{t: t, a: start(t, app.Config{Data: t.TempDir(), Clock: r.now, Notify: sink.URL, OCR: "no-reader", Log: slog.New(slog.NewTextHandler(&r.log, nil))})}
	t.Cleanup(func() { stop(t, r.a) })
	return r
}

// operation finds the path of the document that a path is of.
func (r *reader) operation(verb, path string) (template string) {
	for at, verbs := range r.doc.Paths {
		pattern := "^" + regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(at), `[^/:]+`) + "$"
		if _, ok := verbs[strings.ToLower(verb)]; ok && regexp.MustCompile(pattern).MatchString(path) {
			return at
		}
	}
	return ""
}

// filled puts what was saved into a text. Nothing leaves this machine: names of other hosts become its own.
func (r *reader) filled(text string) string {
	text = strings.ReplaceAll(text, "hooks.example.org", "localhost")
	for name, id := range r.saved {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

// body is what an example sends.
func (r *reader) body(e *example) []byte {
	if e.Base64 != "" {
		raw, err := base64.StdEncoding.DecodeString(e.Base64)
		if err != nil {
			r.t.Fatal(err)
		}
		return raw
	}
	if e.Text != "" {
		return []byte(r.filled(e.Text))
	}
	return encoded.ReplaceAllFunc([]byte(r.filled(string(e.Body))), func(m []byte) []byte {
		var of struct{ Base64 string }
		if err := json.Unmarshal(m, &of); err != nil {
			r.t.Fatal(err)
		}
		return []byte(strconv.Quote(base64.StdEncoding.EncodeToString([]byte(of.Base64))))
	})
}

// encoded matches {"base64": "text"}, which stands for the text in base64.
var encoded = regexp.MustCompile(`\{"base64": "(\\.|[^"\\])*"\}`)

// send makes the request of an example.
func (r *reader) send(verb, path, query, kind string, body []byte) (status int, contentType string, data []byte) {
	r.t.Helper()
	r.key++
	if query != "" {
		path += "?" + query
	}
	req, err := http.NewRequestWithContext(r.t.Context(), verb, r.a.URL()+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	token := r.a.Token()
	if r.as != "" {
		token = r.saved[r.as]
	}
	req.Header = http.Header{"Authorization": {"Bearer " + token}, "Idempotency-Key": {fmt.Sprint("example-", r.key)}}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if verb == http.MethodPatch || verb == http.MethodDelete {
		req.Header.Set("If-Match", "*")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if data, err = io.ReadAll(res.Body); err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), data
}

// holds compares an answer with its schema in the document.
func (r *reader) holds(template, verb string, status int, contentType string, data []byte) {
	r.t.Helper()
	if status >= 300 || !strings.HasPrefix(contentType, "application/json") {
		return
	}
	code := strconv.Itoa(status)
	answer, ok := r.doc.Paths[template][strings.ToLower(verb)].Responses[code]
	if answer.Content["*/*"] != nil {
		return // a file
	}
	if !ok || answer.Content["application/json"] == nil {
		r.t.Errorf("%s %s: the document has no JSON for the status %s", verb, template, code)
		return
	}
	escaped := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(template)
	schema, err := r.schemas.Compile("fettle.json#/paths/" + escaped + "/" + strings.ToLower(verb) + "/responses/" + code + "/content/application~1json/schema")
	if err != nil {
		r.t.Errorf("%s %s: %v", verb, template, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		r.t.Errorf("%s %s: the answer is not as the document says: %v", verb, template, err)
	}
	if _, ok := r.answers[r.doc.Paths[template][strings.ToLower(verb)].OperationID]; !ok {
		r.answers[r.doc.Paths[template][strings.ToLower(verb)].OperationID] = json.RawMessage(data)
	}
}

// statuses are those that an example may end with.
func (e *example) statuses() (all []int) {
	var one int
	switch {
	case e.Status == nil:
		return []int{http.StatusOK, http.StatusCreated}
	case json.Unmarshal(e.Status, &one) == nil:
		return []int{one}
	case json.Unmarshal(e.Status, &all) != nil:
		return nil
	}
	return all
}

// try makes a request, and saves what it is told to of the answer.
func (r *reader) try(e *example) {
	r.t.Helper()
	if e.Outage {
		r.now.Advance(time.Duration(e.Hours) * time.Hour)
	}
	for range e.Hours {
		r.now.Advance(time.Hour)
		r.send(http.MethodGet, "/v1/leases", "", "", nil)
	}
	for name, list := range e.Find {
		r.first(name, r.filled(list))
	}
	verb, path, _ := strings.Cut(r.filled(e.Call), " ")
	if kind := regexp.MustCompile(`\{(\w+)\}`).FindStringSubmatch(path); kind != nil {
		r.first(kind[1], "/v1/"+kind[1])
		path = r.filled(path)
	}
	template := r.operation(verb, path)
	if template == "" {
		r.t.Errorf("%s: the document has no such method", e.Call)
		return
	}
	kind := e.Type
	if kind == "" && e.Body != nil {
		kind = "application/json"
	}
	r.as = e.As
	status, contentType, data := r.send(verb, path, r.filled(e.Query), kind, r.body(e))
	if e.Hours != 0 && !slices.Contains(e.statuses(), status) {
		comes(r.now, 100, time.Hour, func() bool {
			status, contentType, data = r.send(verb, path, r.filled(e.Query), kind, r.body(e))
			return slices.Contains(e.statuses(), status)
		})
	}
	r.as = ""
	if !slices.Contains(e.statuses(), status) {
		r.t.Errorf("%s: %d %s", e.Call, status, data)
		return
	}
	r.tried[verb+" "+template] = true
	r.holds(template, verb, status, contentType, data)
	r.save(e, template, data)
}

// save keeps what later examples name.
func (r *reader) save(e *example, template string, data []byte) {
	save := e.Save
	if kind, ok := strings.CutPrefix(e.Call, "POST /v1/"); ok && save == nil && "/v1/"+kind == template && !strings.Contains(kind, ":") {
		save = map[string]string{kind: "id"}
	}
	var answer map[string]any
	if json.Unmarshal(data, &answer) != nil {
		return
	}
	for name, field := range save {
		if r.saved[name] == "" {
			r.saved[name], _ = answer[field].(string)
		}
	}
}

// first waits for the first element of a list, and saves its id.
func (r *reader) first(name, list string) {
	if r.saved[name] != "" {
		return
	}
	list, field, _ := strings.Cut(list, " ")
	want := regexp.MustCompile(`"` + cmp.Or(field, "id") + `":\s*"([^"]+)"`)
	if !comes(r.now, 100, time.Second, func() bool {
		_, _, data := r.send(http.MethodGet, list, "", "", nil)
		found := want.FindSubmatch(data)
		if found != nil {
			r.saved[name] = string(found[1])
		}
		return found != nil
	}) {
		r.t.Errorf("%s: nothing has come", list)
	}
}

// load reads the examples in their order.
func load(t *testing.T) (all []example) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, "[0-9]*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var some []example
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&some); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, some...)
	}
	return all
}

// TestExamples makes the requests that the OpenAPI document shows, in their order, and then every GET. Each answer is as the document
// says, and each method with a body has an example.
func TestExamples(t *testing.T) {
	r := newReader(t)
	all := load(t)
	ends := slices.IndexFunc(all, func(e example) bool { return strings.HasPrefix(e.Call, "DELETE ") })
	for i := range all[:ends] {
		r.try(&all[i])
	}
	r.gets()
	for i := range all[ends:] { //nolint:gosec // ends is an index
		r.try(&all[ends+i])
	}
	for path, verbs := range r.doc.Paths {
		for verb, op := range verbs {
			name := strings.ToUpper(verb) + " " + path
			if verb != "get" && !r.tried[name] {
				t.Errorf("%s: no example in api/examples", name)
			}
			if op.RequestBody != nil && op.RequestBody.Content != nil && !shown(op.RequestBody.Content) {
				t.Errorf("%s: the document shows no example: run make generate", name)
			}
		}
	}
	if strings.Contains(r.log.text(), due.ErrNotRemoved.Error()) {
		t.Errorf("due work is done again and again: %s", r.log.text())
	}
	if *writeAnswers {
		r.write()
	}
}

// gets makes every GET of the document.
func (r *reader) gets() {
	for _, path := range slices.Sorted(maps.Keys(r.doc.Paths)) {
		op, ok := r.doc.Paths[path]["get"]
		if !ok || strings.HasSuffix(path, ":stream") {
			continue
		}
		at, missing := r.named(path)
		if missing != "" {
			r.t.Errorf("GET %s: no example has saved {%s}", path, missing)
			continue
		}
		status, contentType, data := r.send(http.MethodGet, at, strings.ReplaceAll(r.filled(gets[op.OperationID]), " ", "+"), "", nil)
		if status != http.StatusOK && !slices.Contains(mayFail, op.OperationID) {
			r.t.Errorf("GET %s: %d %s", at, status, data)
		}
		r.holds(path, http.MethodGet, status, contentType, data)
	}
}

// gets are the queries without which a GET is refused.
var gets = map[string]string{
	"MarketService_NearbyComparables": "location.latitude=30.2&location.longitude=120.2&areaSquareMeters=40",
	"KPIService_ListKPIOrders":        "kpi=MINUTES_TO_ACCEPT",
	"PaymentService_ExportPayments":   "purpose=year end",
	"PaymentService_GetStatement":     "leaseId={leases}",
	"LowCodeService_ListCustomValues": "kind=WORK_ORDERS&recordId={workOrders}",
	"SurveyService_GetOpenSurvey":     "leaseId={leases}",
	"PrivacyService_GetTrace":         "purpose=complaint",
}

// mayFail are GETs that have nothing to say of what the examples have made.
var mayFail = []string{"ImprovementService_JudgePilot", "OperationService_GetOperationFile", "PhotoService_GetUpload"}

// named puts what was saved in the place of the parameters of a path.
func (r *reader) named(path string) (at, missing string) {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		begin, end := strings.IndexByte(part, '{'), strings.IndexByte(part, '}')
		if begin < 0 {
			continue
		}
		id := cmp.Or(map[string]string{"{z}": "10", "{x}": "853", "{y}": "421"}[part], r.saved[parts[i-1]])
		if name := part[begin+1 : end]; name == "lease_id" {
			id = r.saved["leases"]
		}
		if id == "" {
			return "", parts[i-1]
		}
		parts[i] = part[:begin] + id + part[end+1:]
	}
	return strings.Join(parts, "/"), ""
}

// shown says whether a body has an example in the document.
func shown(content map[string]any) bool {
	for kind, c := range content {
		of, _ := c.(map[string]any)
		if of["examples"] != nil || kind == "*/*" { // bytes have none
			return true
		}
	}
	return false
}

// anID matches the ids of resources, which are other ones each time.
var anID = regexp.MustCompile(`\b[a-z]{2,3}_[0-9a-z]{20,30}\b`)

// write keeps the answers for the document: with ids that are the same each time, without what opens doors, lists cut to one element.
func (r *reader) write() {
	ids := map[string]string{}
	plain := func(text string) string {
		return anID.ReplaceAllStringFunc(text, func(id string) string {
			if ids[id] == "" {
				prefix, _, _ := strings.Cut(id, "_")
				ids[id] = fmt.Sprintf("%s_01kwtjeq80%016d", prefix, len(ids)+1)
			}
			return ids[id]
		})
	}
	var out struct {
		IDs     map[string]string         `json:"ids"`
		Answers map[string]map[string]any `json:"answers"`
	}
	out.IDs, out.Answers = map[string]string{}, map[string]map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(r.saved)) {
		if anID.MatchString(r.saved[name]) {
			out.IDs[name] = plain(r.saved[name])
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(r.answers)) {
		var answer map[string]any
		if err := json.Unmarshal([]byte(plain(string(r.answers[operation]))), &answer); err != nil {
			r.t.Fatal(err)
		}
		short(answer)
		out.Answers[operation] = answer
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(out); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(examples, "answers.json"), b.Bytes(), 0o644); err != nil { //nolint:gosec // it is committed
		r.t.Fatal(err)
	}
}

// secretFields are those whose values open something.
var secretFields = []string{"secret", "token", "url", "accessToken", "refreshToken", "nextPageToken"}

// short cuts lists to their first element and secrets to their first letters.
func short(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			if list, ok := member.([]any); ok && len(list) > 1 {
				v[key] = list[:1]
			}
			if text, ok := member.(string); ok && slices.Contains(secretFields, key) && len(text) > 12 {
				v[key] = text[:12] + "..."
			}
			short(v[key])
		}
	case []any:
		for _, member := range v {
			short(member)
		}
	}
}
