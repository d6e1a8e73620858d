-- What each row was checked for by a function of its own is checked once a statement, of all its rows together. The rules are
-- those of before.

-- +goose Up

-- The rows of a statement follow the last of their log, without a gap, and each is a legal step of its order.
-- +goose StatementBegin
CREATE FUNCTION events_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows record;
BEGIN
    FOR rows IN SELECT org, min(sequence) AS first, max(sequence) AS last, count(*) AS all_of, count(DISTINCT sequence) AS places
        FROM added GROUP BY org
    LOOP
        IF rows.all_of = rows.last - rows.first + 1 AND rows.places = rows.all_of THEN
            UPDATE logs SET last = rows.last WHERE org = rows.org AND last = rows.first - 1;
            CONTINUE WHEN FOUND;
            IF rows.first = 1 THEN
                INSERT INTO logs (org, last) VALUES (rows.org, rows.last) ON CONFLICT DO NOTHING;
                CONTINUE WHEN FOUND;
            END IF;
        END IF;
        RAISE EXCEPTION 'events_follow: the sequence does not follow the last one'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_follow';
    END LOOP;
    IF EXISTS (
        SELECT FROM (
            SELECT a.state, coalesce(lag(a.state) OVER (PARTITION BY a.order_id ORDER BY a.sequence), (
                SELECT e.state FROM events AS e WHERE e.org = a.org AND e.order_id = a.order_id AND e.order_id <> ''
                    AND e.sequence < a.sequence ORDER BY e.sequence DESC LIMIT 1
            )) AS prior FROM added AS a WHERE a.order_id <> ''
        ) AS step WHERE prior <> state AND NOT EXISTS (
            SELECT FROM legal_transitions WHERE from_state = prior AND to_state = state
        )
    ) THEN
        RAISE EXCEPTION 'events_legal_transition: no such step between states'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_legal_transition';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

DROP TRIGGER events_before_insert ON events;
DROP FUNCTION events_before_insert;
CREATE TRIGGER events_after_insert AFTER INSERT ON events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION events_after_insert();

-- +goose StatementBegin
CREATE FUNCTION audit_entries_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added AS a WHERE a.position >= coalesce(
            (SELECT entries FROM audit_links AS l WHERE l.org = a.org AND l.sequence = a.sequence), 0)
    ) THEN
        RAISE EXCEPTION 'audit_entries_of_a_link: no link has room for the entry'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_entries_of_a_link';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

DROP TRIGGER audit_entries_of_a_link ON audit_entries;
DROP FUNCTION audit_entries_before_insert;
CREATE TRIGGER audit_entries_of_a_link AFTER INSERT ON audit_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_after_insert();

-- One step of a head needs no function to be looked at.
DROP TRIGGER audit_heads_step ON audit_heads;
CREATE TRIGGER audit_heads_step BEFORE UPDATE ON audit_heads FOR EACH ROW WHEN (NOT (
    NEW.org = OLD.org AND NEW.sequence = OLD.sequence + 1 AND NEW.base = OLD.base AND NEW.base_hash = OLD.base_hash
    AND NEW.base_at = OLD.base_at
)) EXECUTE FUNCTION audit_heads_before_update();

-- Makes the link that follows the org's last in two statements: the head is locked and moved by one.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION fettle_link(wanted_org text, genesis bytea, at bigint, count bigint, entries_root bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    last   bigint;
    before bytea;
    next   bytea;
BEGIN
    FOR tries IN 1..2 LOOP
        UPDATE audit_heads AS h SET sequence = o.sequence + 1,
            hash = sha256(o.hash || int8send(o.sequence + 1) || int8send(at) || int8send(count) || entries_root)
            FROM (SELECT sequence, hash FROM audit_heads WHERE org = wanted_org FOR UPDATE) AS o
            WHERE h.org = wanted_org RETURNING h.sequence, o.hash, h.hash INTO last, before, next;
        EXIT WHEN FOUND;
        INSERT INTO audit_heads (org, sequence, hash, base, base_hash, base_at) VALUES (wanted_org, 0, genesis, 0, genesis, 0)
            ON CONFLICT DO NOTHING;
    END LOOP;
    INSERT INTO audit_links (org, sequence, made_at, entries, previous, root, hash)
        VALUES (wanted_org, last, at, count, before, entries_root, next);
END
$$;
-- +goose StatementEnd

-- +goose Down

DROP TRIGGER events_after_insert ON events;
DROP FUNCTION events_after_insert;
-- +goose StatementBegin
CREATE FUNCTION events_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    prior text;
BEGIN
    IF NEW.sequence = 1 THEN
        INSERT INTO logs (org, last) VALUES (NEW.org, 1) ON CONFLICT DO NOTHING;
    ELSE
        UPDATE logs SET last = NEW.sequence WHERE org = NEW.org AND last = NEW.sequence - 1;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'events_follow: the sequence does not follow the last one'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_follow';
    END IF;
    IF NEW.order_id = '' THEN
        RETURN NEW;
    END IF;
    SELECT state INTO prior FROM events WHERE org = NEW.org AND order_id = NEW.order_id AND order_id <> ''
        ORDER BY sequence DESC LIMIT 1;
    IF prior <> NEW.state AND NOT EXISTS (
        SELECT FROM legal_transitions WHERE from_state = prior AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'events_legal_transition: no such step between states'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_legal_transition';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER events_before_insert BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_before_insert();

DROP TRIGGER audit_entries_of_a_link ON audit_entries;
DROP FUNCTION audit_entries_after_insert;
-- +goose StatementBegin
CREATE FUNCTION audit_entries_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position >= coalesce((SELECT entries FROM audit_links WHERE org = NEW.org AND sequence = NEW.sequence), 0) THEN
        RAISE EXCEPTION 'audit_entries_of_a_link: no link has room for the entry'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_entries_of_a_link';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_entries_of_a_link BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_entries_before_insert();

DROP TRIGGER audit_heads_step ON audit_heads;
CREATE TRIGGER audit_heads_step BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_heads_before_update();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION fettle_link(wanted_org text, genesis bytea, at bigint, count bigint, entries_root bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    last   bigint;
    before bytea;
    next   bytea;
BEGIN
    SELECT sequence, hash INTO last, before FROM audit_heads WHERE org = wanted_org FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO audit_heads (org, sequence, hash, base, base_hash, base_at) VALUES (wanted_org, 0, genesis, 0, genesis, 0)
            ON CONFLICT DO NOTHING;
        SELECT sequence, hash INTO last, before FROM audit_heads WHERE org = wanted_org FOR UPDATE;
    END IF;
    next := sha256(before || int8send(last + 1) || int8send(at) || int8send(count) || entries_root);
    UPDATE audit_heads SET sequence = last + 1, hash = next WHERE org = wanted_org;
    INSERT INTO audit_links (org, sequence, made_at, entries, previous, root, hash)
        VALUES (wanted_org, last + 1, at, count, before, entries_root, next);
END
$$;
-- +goose StatementEnd
