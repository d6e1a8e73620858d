package row

import (
	"fettle/dispatch/engine"
	"fettle/org"
)

// Queries and changes of idempotency keys.
const (
	InsertKey = `INSERT INTO idempotency_keys (org, key, method, hash, response, created_at) VALUES ($1,$2,$3,$4,$5,$6)`
	QueryKey  = `SELECT key, method, hash, response, created_at FROM idempotency_keys WHERE org = $1 AND key = $2`
)

// Key makes the arguments of InsertKey.
func Key(id org.ID, k *engine.IdempotencyRecord) []any {
	response := k.Response
	if response == nil {
		response = []byte{} // a nil slice would be NULL
	}
	return []any{string(id), k.Key, k.Method, k.Hash[:], response, k.Created.UnixMicro()}
}

// ScanKey reads what QueryKey selects.
func ScanKey(row Scanner) (k engine.IdempotencyRecord, err error) {
	var hash []byte
	var created int64
	err = row.Scan(&k.Key, &k.Method, &hash, &k.Response, &created)
	if err != nil {
		return k, err
	}
	copy(k.Hash[:], hash)
	k.Created = fromMicros(created)
	k.Response, err = openBytes(row, cellOf("idempotency_keys", k.Key, "response"), k.Response)
	return k, err
}
