-- The live part of dispatch. Instants are microseconds since 1970 in UTC. Columns are what is queried or constrained; the
-- rest of a row is JSON in detail. Migrations are append-only: a released file is never edited.

-- +goose Up

CREATE TABLE legal_transitions (
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    PRIMARY KEY (from_state, to_state)
) STRICT, WITHOUT ROWID;

INSERT INTO legal_transitions (from_state, to_state) VALUES
    ('NEW', 'ASSIGNED'), ('NEW', 'CANCELED'), ('NEW', 'MERGED'),
    ('ASSIGNED', 'ACCEPTED'), ('ASSIGNED', 'NEW'), ('ASSIGNED', 'CANCELED'), ('ASSIGNED', 'MERGED'),
    ('ACCEPTED', 'EN_ROUTE'), ('ACCEPTED', 'NEW'), ('ACCEPTED', 'ASSIGNED'), ('ACCEPTED', 'CANCELED'), ('ACCEPTED', 'MERGED'),
    ('EN_ROUTE', 'ON_SITE'), ('EN_ROUTE', 'CANCELED'),
    ('ON_SITE', 'WORKING'), ('ON_SITE', 'COMPLETED'), ('ON_SITE', 'CANCELED'),
    ('WORKING', 'PAUSED'), ('WORKING', 'COMPLETED'), ('WORKING', 'CANCELED'),
    ('PAUSED', 'WORKING'), ('PAUSED', 'NEW'), ('PAUSED', 'CANCELED'),
    ('COMPLETED', 'VERIFIED'), ('COMPLETED', 'NEW'),
    ('MERGED', 'NEW');

INSERT INTO legal_transitions (from_state, to_state)
SELECT s, s FROM (
    SELECT column1 AS s FROM (VALUES ('NEW'), ('ASSIGNED'), ('ACCEPTED'), ('EN_ROUTE'), ('ON_SITE'), ('WORKING'), ('PAUSED'),
        ('COMPLETED'), ('VERIFIED'), ('MERGED'), ('CANCELED'))
);

CREATE TABLE events (
    org           TEXT    NOT NULL CHECK (org <> ''),
    sequence      INTEGER NOT NULL CHECK (sequence > 0),
    type          TEXT    NOT NULL CHECK (type <> ''),
    happened_at   INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    order_id      TEXT    NOT NULL, -- '' when the event is not about an order
    technician_id TEXT    NOT NULL, -- '' when it concerns none
    reason        TEXT    NOT NULL,
    state         TEXT    NOT NULL, -- of the order, after the event
    version       INTEGER NOT NULL,
    detail        TEXT    NOT NULL,
    PRIMARY KEY (org, sequence)
) STRICT;

CREATE INDEX events_by_order ON events (org, order_id, sequence) WHERE order_id <> '';

-- +goose StatementBegin
CREATE TRIGGER events_follow BEFORE INSERT ON events
BEGIN
    SELECT RAISE(ABORT, 'events_follow: the sequence does not follow the last one')
    WHERE NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM events WHERE org = NEW.org);
END;
-- +goose StatementEnd

-- Each event is one step of one order, so the log is where each step is checked.
-- +goose StatementBegin
CREATE TRIGGER events_legal_transition BEFORE INSERT ON events WHEN NEW.order_id <> ''
BEGIN
    SELECT RAISE(ABORT, 'events_legal_transition: no such step between states')
    FROM (
        SELECT state FROM events WHERE org = NEW.org AND order_id = NEW.order_id AND order_id <> ''
        ORDER BY sequence DESC LIMIT 1
    ) AS prior
    WHERE prior.state <> NEW.state AND NOT EXISTS (
        SELECT 1 FROM legal_transitions WHERE from_state = prior.state AND to_state = NEW.state
    );
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events_append_only: an event is never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events_append_only: an event is never removed');
END;
-- +goose StatementEnd

CREATE TABLE work_orders (
    org           TEXT    NOT NULL CHECK (org <> ''),
    id            TEXT    NOT NULL CHECK (id <> ''),
    version       INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    urgency       TEXT    NOT NULL,
    unit_id       TEXT    NOT NULL, -- '' when unknown
    technician_id TEXT,             -- of the assignment
    shift_at      INTEGER,
    arrival_at    INTEGER,
    start_at      INTEGER,
    end_at        INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    detail        TEXT    NOT NULL,
    PRIMARY KEY (org, id),
    CONSTRAINT work_orders_state CHECK (state IN ('NEW', 'ASSIGNED', 'ACCEPTED', 'EN_ROUTE', 'ON_SITE', 'WORKING', 'PAUSED',
        'COMPLETED', 'VERIFIED', 'MERGED', 'CANCELED')),
    CONSTRAINT work_orders_need_technician CHECK (technician_id <> '' AND technician_id IS NOT NULL
        OR state NOT IN ('ASSIGNED', 'ACCEPTED', 'EN_ROUTE', 'ON_SITE', 'WORKING')),
    CONSTRAINT work_orders_new_has_none CHECK (state <> 'NEW' OR technician_id IS NULL)
) STRICT;

CREATE INDEX work_orders_by_state ON work_orders (org, state, id);
CREATE INDEX work_orders_by_technician ON work_orders (org, technician_id, id) WHERE technician_id IS NOT NULL;
CREATE INDEX work_orders_by_unit ON work_orders (org, unit_id, id) WHERE unit_id <> '';

-- A technician is in one place: no second order may be travelled to or worked on.
CREATE UNIQUE INDEX work_orders_one_started ON work_orders (org, technician_id)
    WHERE state IN ('EN_ROUTE', 'ON_SITE', 'WORKING');

-- One commit may take an order through several states. The row then jumps, but only to where the log, whose steps were
-- checked one by one, says the order is.
-- +goose StatementBegin
CREATE TRIGGER work_orders_legal_transition BEFORE UPDATE OF state ON work_orders WHEN OLD.state <> NEW.state
BEGIN
    SELECT RAISE(ABORT, 'work_orders_legal_transition: no such step between states')
    WHERE NOT EXISTS (
        SELECT 1 FROM legal_transitions WHERE from_state = OLD.state AND to_state = NEW.state
    ) AND NEW.state IS NOT (
        SELECT state FROM events WHERE org = NEW.org AND order_id = NEW.id AND order_id <> ''
        ORDER BY sequence DESC LIMIT 1
    );
END;
-- +goose StatementEnd

CREATE TABLE technicians (
    org        TEXT    NOT NULL CHECK (org <> ''),
    id         TEXT    NOT NULL CHECK (id <> ''),
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    detail     TEXT    NOT NULL,
    PRIMARY KEY (org, id)
) STRICT;

CREATE TABLE due_work (
    org     TEXT    NOT NULL CHECK (org <> ''),
    kind    TEXT    NOT NULL CHECK (kind <> ''),
    key     TEXT    NOT NULL,
    due_at  INTEGER NOT NULL,
    payload TEXT    NOT NULL,
    PRIMARY KEY (org, kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX due_work_by_time ON due_work (org, due_at, kind, key);

CREATE TABLE idempotency_keys (
    org        TEXT    NOT NULL CHECK (org <> ''),
    key        TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    response   BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org, key)
) STRICT;

CREATE INDEX idempotency_keys_by_time ON idempotency_keys (org, created_at);

CREATE TABLE positions (
    org             TEXT    NOT NULL CHECK (org <> ''),
    technician_id   TEXT    NOT NULL CHECK (technician_id <> ''),
    latitude        REAL    NOT NULL,
    longitude       REAL    NOT NULL,
    seen_at         INTEGER NOT NULL,
    accuracy_meters REAL    NOT NULL,
    sequence        INTEGER NOT NULL,
    PRIMARY KEY (org, technician_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    key   TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('heartbeat', 0);

-- +goose Down

DROP TABLE meta;
DROP TABLE positions;
DROP TABLE idempotency_keys;
DROP TABLE due_work;
DROP TABLE technicians;
DROP TABLE work_orders;
DROP TABLE events;
DROP TABLE legal_transitions;
