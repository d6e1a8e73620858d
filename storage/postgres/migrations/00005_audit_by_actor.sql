-- Who did what by which method, found in the index alone: an actor who has done a million things may have called a method never.

-- +goose Up

DROP INDEX audit_entries_by_actor;
CREATE INDEX audit_entries_by_actor ON audit_entries (org, actor, happened_at, sequence, position, method);

-- +goose Down

DROP INDEX audit_entries_by_actor;
CREATE INDEX audit_entries_by_actor ON audit_entries (org, actor, happened_at, sequence, position);
