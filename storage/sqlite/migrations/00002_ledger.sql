-- Typed resources, the keys by which they are found, and the chain of audit entries: what package ledger asks of a store.

-- +goose Up

CREATE TABLE records (
    org        TEXT    NOT NULL CHECK (org <> ''),
    kind       TEXT    NOT NULL CHECK (kind <> ''),
    id         TEXT    NOT NULL CHECK (id <> ''),
    version    INTEGER NOT NULL CHECK (version > 0),
    state      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (org, kind, id)
) STRICT;

-- A body that is sealed under another key is the same one.
-- +goose StatementBegin
CREATE TRIGGER records_step BEFORE UPDATE ON records
WHEN NEW.org <> OLD.org OR NEW.kind <> OLD.kind OR NEW.id <> OLD.id OR (NEW.version <> OLD.version + 1 AND NOT (
    NEW.version = OLD.version AND NEW.state = OLD.state AND NEW.created_at = OLD.created_at AND NEW.updated_at = OLD.updated_at
    AND substr(NEW.body, 1, 3) = 's1.'
))
BEGIN
    SELECT RAISE(ABORT, 'records_step: a change is the next version of the same record');
END;
-- +goose StatementEnd

CREATE TABLE record_keys (
    org       TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    name      TEXT    NOT NULL CHECK (name <> ''),
    value     TEXT    NOT NULL,
    is_unique INTEGER NOT NULL CHECK (is_unique IN (0, 1)),
    PRIMARY KEY (org, kind, name, value, id),
    CONSTRAINT record_keys_of_a_record FOREIGN KEY (org, kind, id) REFERENCES records (org, kind, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX record_keys_by_record ON record_keys (org, kind, id);
CREATE UNIQUE INDEX record_keys_unique ON record_keys (org, kind, name, value) WHERE is_unique = 1;

-- The end of each org's chain, and the last link that pruning took away.
CREATE TABLE audit_heads (
    org       TEXT    NOT NULL CHECK (org <> '') PRIMARY KEY,
    sequence  INTEGER NOT NULL CHECK (sequence >= base),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),
    base      INTEGER NOT NULL CHECK (base >= 0),
    base_hash BLOB    NOT NULL CHECK (length(base_hash) = 32),
    base_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One link a commit.
CREATE TABLE audit_links (
    org      TEXT    NOT NULL CHECK (org <> ''),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    made_at  INTEGER NOT NULL,
    entries  INTEGER NOT NULL CHECK (entries > 0),
    previous BLOB    NOT NULL CHECK (length(previous) = 32),
    root     BLOB    NOT NULL CHECK (length(root) = 32),
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (org, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entries (
    org         TEXT    NOT NULL CHECK (org <> ''),
    sequence    INTEGER NOT NULL,
    position    INTEGER NOT NULL CHECK (position >= 0),
    happened_at INTEGER NOT NULL,
    actor       TEXT    NOT NULL CHECK (actor <> ''),
    method      TEXT    NOT NULL CHECK (method <> ''),
    kind        TEXT    NOT NULL, -- of the object; '' when it is about none
    object_id   TEXT    NOT NULL,
    result      TEXT    NOT NULL CHECK (result <> ''),
    reason      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    fields      TEXT    NOT NULL, -- JSON array of names
    PRIMARY KEY (org, sequence, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_entries_by_time ON audit_entries (org, happened_at, sequence, position);
CREATE INDEX audit_entries_by_actor ON audit_entries (org, actor, happened_at, sequence, position);
CREATE INDEX audit_entries_by_object ON audit_entries (org, kind, object_id, happened_at, sequence, position);

-- +goose StatementBegin
CREATE TRIGGER audit_links_follow BEFORE INSERT ON audit_links
BEGIN
    SELECT RAISE(ABORT, 'audit_links_follow: the link does not follow the last one')
    WHERE NEW.sequence <> 1 + coalesce(
        (SELECT max(sequence) FROM audit_links WHERE org = NEW.org), (SELECT base FROM audit_heads WHERE org = NEW.org), -1
    ) OR NEW.previous <> coalesce(
        (SELECT hash FROM audit_links WHERE org = NEW.org ORDER BY sequence DESC LIMIT 1),
        (SELECT base_hash FROM audit_heads WHERE org = NEW.org)
    );
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_entries_of_a_link BEFORE INSERT ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_entries_of_a_link: no link has room for the entry')
    WHERE NEW.position >= coalesce((SELECT entries FROM audit_links WHERE org = NEW.org AND sequence = NEW.sequence), 0);
END;
-- +goose StatementEnd

-- A head goes on by one link, or its base moves on to a link that is older than 180 days.
-- +goose StatementBegin
CREATE TRIGGER audit_heads_step BEFORE UPDATE ON audit_heads
BEGIN
    SELECT RAISE(ABORT, 'audit_heads_step: a head goes on link by link, and prunes what is older than 180 days')
    WHERE NOT (
        NEW.org = OLD.org AND NEW.sequence = OLD.sequence + 1 AND NEW.base = OLD.base AND NEW.base_hash = OLD.base_hash
        AND NEW.base_at = OLD.base_at
    ) AND NOT (
        NEW.org = OLD.org AND NEW.sequence = OLD.sequence AND NEW.hash = OLD.hash AND NEW.base > OLD.base AND EXISTS (
            SELECT 1 FROM audit_links WHERE org = NEW.org AND sequence = NEW.base AND hash = NEW.base_hash AND made_at = NEW.base_at
            AND made_at <= (unixepoch('now') - 180 * 86400) * 1000000
        )
    );
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: a head is never removed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_links_no_update BEFORE UPDATE ON audit_links
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: a link is never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_links_no_delete BEFORE DELETE ON audit_links
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: only links that were pruned are removed')
    WHERE OLD.sequence > coalesce((SELECT base FROM audit_heads WHERE org = OLD.org), 0);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: an entry is never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_append_only: only entries that were pruned are removed')
    WHERE OLD.sequence > coalesce((SELECT base FROM audit_heads WHERE org = OLD.org), 0);
END;
-- +goose StatementEnd

-- +goose Down

DROP TABLE audit_entries;
DROP TABLE audit_links;
DROP TABLE audit_heads;
DROP TABLE record_keys;
DROP TABLE records;
