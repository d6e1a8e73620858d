package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// entryColumns are those of an entry that must be given.
const entryColumns = `org, sequence, position, happened_at, actor, method, kind, object_id, result, reason, request_id, fields`

// holdsLedger runs each case in a transaction that is rolled back, as nothing here is checked at the commit only.
func (s Schema) holdsLedger(t *testing.T) {
	t.Parallel()
	exec := s.Open(t)
	do := func(statement string) {
		t.Helper()
		if err := exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, c := range s.ledgerCases() {
		t.Run(c.name, func(t *testing.T) {
			do("BEGIN")
			for _, before := range c.before {
				do(before)
			}
			s.refuses(t, exec, &c)
			do("ROLLBACK")
		})
	}
}

// ledgerCases are what the schema refuses of records, keys and the audit chain.
func (s Schema) ledgerCases() []schemaCase {
	record := func(id string) string {
		return fmt.Sprintf(`INSERT INTO records VALUES ('o', 'k', '%s', 1, '', 0, 0, '{}')`, id)
	}
	key := func(id, value string, unique int) string {
		return fmt.Sprintf(`INSERT INTO record_keys VALUES ('o', 'k', '%s', 'n', '%s', %d)`, id, value, unique)
	}
	head := fmt.Sprintf(`INSERT INTO audit_heads VALUES ('o', 0, %s, 0, %s, 0)`, s.Bytes, s.Bytes)
	step := `UPDATE audit_heads SET sequence = sequence + 1`
	link := func(sequence int) string {
		return fmt.Sprintf(`INSERT INTO audit_links VALUES ('o', %d, 9000000000000000, 1, %s, %s, %s)`, sequence, s.Bytes, s.Bytes, s.Bytes)
	}
	entry := func(sequence, position int) string {
		return fmt.Sprintf(`INSERT INTO audit_entries (`+entryColumns+`) VALUES ('o', %d, %d, 0, 'a', 'm', '', '', 'OK', 'why', '', '[]')`, sequence, position)
	}
	tells := fmt.Sprintf(`INSERT INTO audit_entries (`+entryColumns+`) VALUES ('o', 2, 0, 0, 'a', 'audit.erase', 'auditEvents', '1.0', 'OK', '', '', '["%064d"]')`, 7)
	erase := fmt.Sprintf(`UPDATE audit_entries SET reason = '', reason_rule = 2, reason_hash = %s WHERE sequence = 1`, s.Bytes)
	told := []string{head, step, link(1), entry(1, 0), step, link(2), tells}
	chain := []string{head, step, link(1), entry(1, 0), step, link(2), entry(2, 0)}
	prune := func(base string) string {
		return fmt.Sprintf(`UPDATE audit_heads SET base = %s, base_hash = %s, base_at = 9000000000000000`, base, s.Bytes)
	}
	return []schemaCase{
		{"version that is skipped", []string{record("1")}, `UPDATE records SET version = 3`, "records_step"},
		{"version that stays", []string{record("1")}, `UPDATE records SET body = 'x'`, "records_step"},
		{"record that becomes another", []string{record("1")}, `UPDATE records SET version = 2, id = '2'`, "records_step"},
		{"record twice", []string{record("1")}, record("1"), "records_pkey"},
		{"unique key twice", []string{record("1"), record("2"), key("1", "v", 1)}, key("2", "v", 1), "record_keys_unique"},
		{"key of no record", nil, key("1", "v", 0), "record_keys_of_a_record"},
		{"link without a head", nil, link(1), "audit_links_follow"},
		{"chain that begins at 2", []string{head}, link(2), "audit_links_follow"},
		{"gap in the chain", chain, link(4), "audit_links_follow"},
		{"link twice", chain, link(2), "audit_links_follow"},
		{
			"link that does not follow the hash", chain,
			fmt.Sprintf(`INSERT INTO audit_links SELECT org, 3, made_at, entries, %s, root, hash FROM audit_links WHERE sequence = 2`, s.OtherBytes),
			"audit_links_follow",
		},
		{"link that is changed", chain, `UPDATE audit_links SET made_at = 1`, "audit_append_only"},
		{"link that is removed", chain, `DELETE FROM audit_links WHERE sequence = 2`, "audit_append_only"},
		{"entry that is changed", chain, `UPDATE audit_entries SET actor = 'b'`, "audit_append_only"},
		{"entry that is removed", chain, `DELETE FROM audit_entries WHERE sequence = 1`, "audit_append_only"},
		{"reason that is erased, and nothing tells of it", chain, erase, "audit_append_only"},
		{"reason that is erased twice", append(slices.Clone(told), erase), erase, "audit_append_only"},
		{"reason that is changed", told, `UPDATE audit_entries SET reason = 'because' WHERE sequence = 1`, "audit_append_only"},
		{"actor that is changed with the erasure", told, strings.Replace(erase, "SET", "SET actor = 'b',", 1), "audit_append_only"},
		{"reason that is erased without a hash", told, strings.Replace(erase, s.Bytes, "reason_hash", 1), "audit_append_only"},
		{"entry without a link", chain, entry(3, 0), "audit_entries_of_a_link"},
		{"entry more than its link has", chain, entry(1, 1), "audit_entries_of_a_link"},
		{"head that goes back", chain, `UPDATE audit_heads SET sequence = 1`, "audit_heads_step"},
		{"head that is removed", chain, `DELETE FROM audit_heads`, "audit_append_only"},
		{"pruning of what is young", chain, prune("1"), "audit_heads_step"},
		{"pruning up to no link", chain, prune("7"), "audit_heads_step"},
	}
}
