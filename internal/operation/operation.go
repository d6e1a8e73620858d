package operation

import (
	"encoding/json"
	"time"

	"fettle/internal/auth"
	"fettle/internal/blob"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
)

// State of an operation.
type State string

// The states.
const (
	Running   State = "RUNNING"
	Succeeded State = "SUCCEEDED"
	Failed    State = "FAILED"
	Canceled  State = "CANCELED"
)

// Owner is who began an operation: it works with these rights.
type Owner struct {
	Name       string      `json:"name"`
	Roles      []auth.Role `json:"roles"`
	Technician string      `json:"technician,omitempty"`
}

// Operation is work that goes on after the answer.
type Operation struct {
	Type  string          `json:"type"`
	State State           `json:"state"`
	Owner Owner           `json:"owner"`
	Ask   json.RawMessage `json:"ask,omitempty"` // what was asked for, as its type has it

	Input    *blob.Ref `json:"input,omitempty"` // until it ends
	Output   *blob.Ref `json:"output,omitempty"`
	FileType string    `json:"fileType,omitempty"`
	DryRun   bool      `json:"dryRun,omitempty"`

	Steps  int       `json:"steps"`            // that were committed
	Cursor string    `json:"cursor,omitempty"` // where the next goes on; opaque but for its type
	Items  int64     `json:"items,omitempty"`
	Done   int64     `json:"itemsDone,omitempty"`
	Failed int64     `json:"itemsFailed,omitempty"`
	Cancel time.Time `json:"cancel,omitzero"`
	Ended  time.Time `json:"ended,omitzero"`
	// Problem is why it has failed, for people.
	Problem string `json:"problem,omitempty"`
}

// principal is who an operation acts as.
func (o *Operation) principal(id org.ID) *auth.Principal {
	return &auth.Principal{Name: o.Owner.Name, Org: id, Roles: o.Owner.Roles, Technician: o.Owner.Technician}
}

// SeenBy reports whether somebody may see the operation: who began it, and those who see all.
func (o *Operation) SeenBy(who *auth.Principal) bool {
	return who.Name == o.Owner.Name || who.Has(auth.OrgAdmin)
}

// Outcome is what an item has done to what there is.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "CREATED"
	Changed   Outcome = "CHANGED"
	Unchanged Outcome = "UNCHANGED"
	Conflict  Outcome = "CONFLICT" // somebody has to decide
	Refused   Outcome = "REFUSED"
)

// Result is what became of one item.
type Result struct {
	Index    int64  `json:"index"`
	Line     int    `json:"line,omitempty"`
	OK       bool   `json:"ok"`
	Resource string `json:"resource,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Field    string `json:"field,omitempty"`
	Message  string `json:"message,omitempty"`
	// Outcome is empty in a dry run, and in results of before there were outcomes.
	Outcome Outcome `json:"outcome,omitempty"`
}

// Due is the kind of the due work of operations: the next step of one that runs, the end of what one has left behind.
const Due = "operation"

// Keys by which operations and their results are found.
const (
	KeyType      = "type"
	KeyOperation = "operation"
	KeyFailed    = "failed"
)

// Kind is how operations are kept.
func Kind() *registry.Kind[Operation] {
	return &registry.Kind[Operation]{
		Name: "operations", Prefix: "op_", State: func(o *Operation) string { return string(o.State) },
		Keys: func(o *Operation) []ledger.Key { return []ledger.Key{{Name: KeyType, Value: ledger.Text(o.Type)}} },
	}
}

// Batch is the results of one step, at most resultsAtOnce of them: a record.
type Batch struct {
	Operation string   `json:"operation"`
	Results   []Result `json:"results"`
}

// resultsAtOnce is how many results are kept in one record.
const resultsAtOnce = 200

// Batches is how results are kept.
func Batches() *registry.Kind[Batch] {
	return &registry.Kind[Batch]{Name: "operationResults", Prefix: "or_", Keys: batchKeys}
}

func batchKeys(b *Batch) []ledger.Key {
	first := int64(0)
	if len(b.Results) > 0 {
		first = b.Results[0].Index
	}
	at := ledger.Join(ledger.Text(b.Operation), ledger.Int(first))
	keys := []ledger.Key{{Name: KeyOperation, Value: at}}
	for i := range b.Results {
		if !b.Results[i].OK {
			return append(keys, ledger.Key{Name: KeyFailed, Value: at})
		}
	}
	return keys
}
