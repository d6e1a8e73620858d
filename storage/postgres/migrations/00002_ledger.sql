-- Typed resources, the keys by which they are found, and the chain of audit entries: what package ledger asks of a store.

-- +goose Up

CREATE TABLE records (
    org        text COLLATE "C" NOT NULL CHECK (org <> ''),
    kind       text COLLATE "C" NOT NULL CHECK (kind <> ''),
    id         text COLLATE "C" NOT NULL CHECK (id <> ''),
    version    bigint NOT NULL CHECK (version > 0),
    state      text   NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    body       text   NOT NULL,
    PRIMARY KEY (org, kind, id)
) WITH (fillfactor = 85);

-- +goose StatementBegin
CREATE FUNCTION records_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records_step: a change is the next version of the same record'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'records_step';
END
$$;
-- +goose StatementEnd

-- A body that is sealed under another key is the same one.
CREATE TRIGGER records_step BEFORE UPDATE ON records FOR EACH ROW
    WHEN (NEW.org <> OLD.org OR NEW.kind <> OLD.kind OR NEW.id <> OLD.id OR (NEW.version <> OLD.version + 1 AND NOT (
        NEW.version = OLD.version AND NEW.state = OLD.state AND NEW.created_at = OLD.created_at AND NEW.updated_at = OLD.updated_at
        AND starts_with(NEW.body, 's1.'))))
    EXECUTE FUNCTION records_before_update();

-- Refuses a change that was decided on what is no longer so.
-- +goose StatementBegin
CREATE FUNCTION fettle_stale() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records_stale: a record has changed since it was read' USING ERRCODE = 'FE002', CONSTRAINT = 'records_stale';
END
$$;
-- +goose StatementEnd

CREATE TABLE record_keys (
    org       text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL CHECK (name <> ''),
    value     text COLLATE "C" NOT NULL,
    is_unique bigint NOT NULL CHECK (is_unique IN (0, 1)),
    PRIMARY KEY (org, kind, name, value, id),
    CONSTRAINT record_keys_of_a_record FOREIGN KEY (org, kind, id) REFERENCES records (org, kind, id) ON DELETE CASCADE
);

CREATE INDEX record_keys_by_record ON record_keys (org, kind, id);
CREATE UNIQUE INDEX record_keys_unique ON record_keys (org, kind, name, value) WHERE is_unique = 1;

-- The end of each org's chain, and the last link that pruning took away.
CREATE TABLE audit_heads (
    org       text COLLATE "C" NOT NULL CHECK (org <> '') PRIMARY KEY,
    sequence  bigint NOT NULL CHECK (sequence >= base),
    hash      bytea  NOT NULL CHECK (length(hash) = 32),
    base      bigint NOT NULL CHECK (base >= 0),
    base_hash bytea  NOT NULL CHECK (length(base_hash) = 32),
    base_at   bigint NOT NULL
) WITH (fillfactor = 50);

-- One link a commit.
CREATE TABLE audit_links (
    org      text COLLATE "C" NOT NULL CHECK (org <> ''),
    sequence bigint NOT NULL CHECK (sequence > 0),
    made_at  bigint NOT NULL,
    entries  bigint NOT NULL CHECK (entries > 0),
    previous bytea  NOT NULL CHECK (length(previous) = 32),
    root     bytea  NOT NULL CHECK (length(root) = 32),
    hash     bytea  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (org, sequence)
);

CREATE TABLE audit_entries (
    org         text COLLATE "C" NOT NULL CHECK (org <> ''),
    sequence    bigint NOT NULL,
    position    bigint NOT NULL CHECK (position >= 0),
    happened_at bigint NOT NULL,
    actor       text COLLATE "C" NOT NULL CHECK (actor <> ''),
    method      text   NOT NULL CHECK (method <> ''),
    kind        text COLLATE "C" NOT NULL, -- of the object; '' when it is about none
    object_id   text COLLATE "C" NOT NULL,
    result      text   NOT NULL CHECK (result <> ''),
    reason      text   NOT NULL,
    request_id  text   NOT NULL,
    fields      text   NOT NULL, -- JSON array of names
    PRIMARY KEY (org, sequence, position)
);

CREATE INDEX audit_entries_by_time ON audit_entries (org, happened_at, sequence, position);
CREATE INDEX audit_entries_by_actor ON audit_entries (org, actor, happened_at, sequence, position);
CREATE INDEX audit_entries_by_object ON audit_entries (org, kind, object_id, happened_at, sequence, position);

-- Makes the link that follows the org's last: its hash covers that of the last one, as ledger/chain has it. The head stays
-- locked until the commit, so this comes late in a transaction; the entries come after it.
-- +goose StatementBegin
CREATE FUNCTION fettle_link(wanted_org text, genesis bytea, at bigint, count bigint, entries_root bytea) RETURNS void
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

-- +goose StatementBegin
CREATE FUNCTION audit_links_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last   bigint;
    before bytea;
BEGIN
    SELECT sequence, hash INTO last, before FROM audit_links WHERE org = NEW.org ORDER BY sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT base, base_hash INTO last, before FROM audit_heads WHERE org = NEW.org;
    END IF;
    IF last IS NULL OR NEW.sequence <> last + 1 OR NEW.previous <> before THEN
        RAISE EXCEPTION 'audit_links_follow: the link does not follow the last one'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_links_follow';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_links_follow BEFORE INSERT ON audit_links FOR EACH ROW EXECUTE FUNCTION audit_links_before_insert();

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

-- A head goes on by one link, or its base moves on to a link that is older than 180 days.
-- +goose StatementBegin
CREATE FUNCTION audit_heads_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.org = OLD.org AND NEW.sequence = OLD.sequence + 1 AND NEW.base = OLD.base AND NEW.base_hash = OLD.base_hash
        AND NEW.base_at = OLD.base_at THEN
        RETURN NEW;
    END IF;
    IF NEW.org = OLD.org AND NEW.sequence = OLD.sequence AND NEW.hash = OLD.hash AND NEW.base > OLD.base AND EXISTS (
        SELECT FROM audit_links WHERE org = NEW.org AND sequence = NEW.base AND hash = NEW.base_hash AND made_at = NEW.base_at
            AND made_at <= (extract(epoch FROM clock_timestamp())::bigint - 180 * 86400) * 1000000
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_heads_step: a head goes on link by link, and prunes what is older than 180 days'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_heads_step';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_heads_step BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_heads_before_update();

-- +goose StatementBegin
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit_heads' THEN
        IF OLD.sequence <= (SELECT base FROM audit_heads WHERE org = OLD.org) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit_append_only: only what was pruned is removed, and nothing is changed'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_append_only';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_links_no_change BEFORE UPDATE OR DELETE ON audit_links FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_append_only();

-- Row-level security: the second lock. FORCE binds the owner of the tables too.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['records', 'record_keys', 'audit_heads', 'audit_links', 'audit_entries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_org ON %I TO fettle_service USING (org = fettle_org()) WITH CHECK (org = fettle_org())', name);
        EXECUTE format('CREATE POLICY all_orgs ON %I TO fettle_keeper USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT, INSERT, UPDATE, DELETE ON records, record_keys TO fettle_service;
GRANT SELECT, INSERT, UPDATE ON audit_heads TO fettle_service;
GRANT SELECT, INSERT, DELETE ON audit_links, audit_entries TO fettle_service;
GRANT SELECT, INSERT ON records, record_keys, audit_heads, audit_links, audit_entries TO fettle_keeper;

-- +goose Down

DROP TABLE audit_entries, audit_links, audit_heads, record_keys, records;
DROP FUNCTION audit_append_only, audit_heads_before_update, audit_entries_before_insert, audit_links_before_insert, fettle_link,
    fettle_stale, records_before_update;
