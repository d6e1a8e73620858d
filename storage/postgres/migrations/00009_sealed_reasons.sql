-- The reason of an audit entry is sealed, and may be erased: the chain covers a salted hash of it. An entry of a time before keeps its
-- reason in clear (rule 0) until it is erased; then a hash of the entry as it was stands for it (rule 2).

-- +goose Up

ALTER TABLE audit_entries
    ADD COLUMN reason_rule   bigint NOT NULL DEFAULT 0 CHECK (reason_rule IN (0, 1, 2)),
    ADD COLUMN reason_hash   bytea  NOT NULL DEFAULT '\x' CHECK (length(reason_hash) IN (0, 32)),
    ADD COLUMN reason_sealed text   NOT NULL DEFAULT '';

-- +goose StatementBegin
CREATE FUNCTION audit_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.org, NEW.sequence, NEW.position, NEW.happened_at, NEW.actor, NEW.method, NEW.kind, NEW.object_id, NEW.result, NEW.request_id, NEW.fields)
        IS NOT DISTINCT FROM
        (OLD.org, OLD.sequence, OLD.position, OLD.happened_at, OLD.actor, OLD.method, OLD.kind, OLD.object_id, OLD.result, OLD.request_id, OLD.fields)
        AND NEW.reason = '' AND NEW.reason_sealed = '' AND length(NEW.reason_hash) = 32 AND (
            OLD.reason_rule = 0 AND OLD.reason <> '' AND NEW.reason_rule = 2
            OR OLD.reason_rule = 1 AND OLD.reason_sealed <> '' AND NEW.reason_rule = 1 AND NEW.reason_hash = OLD.reason_hash
        ) AND EXISTS (
            SELECT FROM audit_entries WHERE org = OLD.org AND kind = 'auditEvents' AND object_id = OLD.sequence || '.' || OLD.position
            AND method = 'audit.erase'
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_append_only: an entry is never changed, but for a reason that is erased and told of'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_append_only';
END
$$;
-- +goose StatementEnd

DROP TRIGGER audit_entries_no_change ON audit_entries;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_only_erased();
GRANT UPDATE (reason, reason_rule, reason_hash, reason_sealed) ON audit_entries TO fettle_service;

-- +goose Down

REVOKE UPDATE (reason, reason_rule, reason_hash, reason_sealed) ON audit_entries FROM fettle_service;
DROP TRIGGER audit_entries_no_update ON audit_entries;
DROP TRIGGER audit_entries_no_delete ON audit_entries;
CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_append_only();
DROP FUNCTION audit_only_erased;
ALTER TABLE audit_entries DROP COLUMN reason_rule, DROP COLUMN reason_hash, DROP COLUMN reason_sealed;
