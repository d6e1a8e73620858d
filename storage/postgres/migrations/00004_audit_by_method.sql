-- Who has called a method, the latest first: "who has changed users", "who was refused".

-- +goose Up

CREATE INDEX audit_entries_by_method ON audit_entries (org, method, happened_at, sequence, position);

-- +goose Down

DROP INDEX audit_entries_by_method;
