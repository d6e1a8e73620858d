-- The reason of an audit entry is sealed, and may be erased: the chain covers a salted hash of it. An entry of a time before keeps its
-- reason in clear (rule 0) until it is erased; then a hash of the entry as it was stands for it (rule 2).

-- +goose Up

ALTER TABLE audit_entries ADD COLUMN reason_rule INTEGER NOT NULL DEFAULT 0 CHECK (reason_rule IN (0, 1, 2));
ALTER TABLE audit_entries ADD COLUMN reason_hash BLOB NOT NULL DEFAULT x'' CHECK (length(reason_hash) IN (0, 32));
ALTER TABLE audit_entries ADD COLUMN reason_sealed TEXT NOT NULL DEFAULT '';

DROP TRIGGER audit_entries_no_update;

-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
WHEN NOT (
    NEW.org = OLD.org AND NEW.sequence = OLD.sequence AND NEW.position = OLD.position AND NEW.happened_at = OLD.happened_at
    AND NEW.actor = OLD.actor AND NEW.method = OLD.method AND NEW.kind = OLD.kind AND NEW.object_id = OLD.object_id
    AND NEW.result = OLD.result AND NEW.request_id = OLD.request_id AND NEW.fields = OLD.fields
    AND NEW.reason = '' AND NEW.reason_sealed = '' AND length(NEW.reason_hash) = 32 AND (
        OLD.reason_rule = 0 AND OLD.reason <> '' AND NEW.reason_rule = 2
        OR OLD.reason_rule = 1 AND OLD.reason_sealed <> '' AND NEW.reason_rule = 1 AND NEW.reason_hash = OLD.reason_hash
    ) AND EXISTS (
        SELECT 1 FROM audit_entries WHERE org = OLD.org AND kind = 'auditEvents' AND object_id = OLD.sequence || '.' || OLD.position
        AND method = 'audit.erase'
    )
)
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: an entry is never changed, but for a reason that is erased and told of');
END;
-- +goose StatementEnd

-- +goose Down

DROP TRIGGER audit_entries_no_update;

ALTER TABLE audit_entries DROP COLUMN reason_sealed;
ALTER TABLE audit_entries DROP COLUMN reason_hash;
ALTER TABLE audit_entries DROP COLUMN reason_rule;

-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: an entry is never changed');
END;
-- +goose StatementEnd
