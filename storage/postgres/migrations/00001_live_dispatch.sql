-- The live part of dispatch. Instants are microseconds since 1970 in UTC. Columns are what is queried or constrained; the
-- rest of a row is JSON in detail. Migrations are append-only: a released file is never edited.
--
-- Text that orders pages or is a key sorts by bytes (COLLATE "C"), whatever the locale of the database.

-- +goose Up

-- The service works in the role fettle_service, which owns nothing and sees one org at a time; backups and restores in the
-- role fettle_keeper, which sees all. Row-level security holds for both.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['fettle_service', 'fettle_keeper'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
            IF NOT pg_has_role(current_user, name, 'MEMBER') THEN
                EXECUTE format('GRANT %I TO CURRENT_USER', name);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database of the cluster, at the same time
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role % cannot be made: let an administrator run CREATE ROLE % NOLOGIN; GRANT % TO %',
                    name, name, name, current_user;
        END;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- The org whose rows a transaction may see, set by the service for each transaction; nobody's when it is not set.
CREATE FUNCTION fettle_org() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('fettle.org', true), '');

CREATE TABLE legal_transitions (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);

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
SELECT s, s FROM unnest(ARRAY['NEW', 'ASSIGNED', 'ACCEPTED', 'EN_ROUTE', 'ON_SITE', 'WORKING', 'PAUSED', 'COMPLETED', 'VERIFIED',
    'MERGED', 'CANCELED']) AS s;

-- Who may write for an org. Each commit shows its epoch; a process that has lost the lead cannot write any more.
CREATE TABLE leads (
    org     text COLLATE "C" NOT NULL CHECK (org <> '') PRIMARY KEY,
    epoch   bigint NOT NULL CHECK (epoch > 0),
    holder  text NOT NULL,
    session integer NOT NULL, -- of the holder, as in pg_stat_activity
    held_to timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Fails unless the epoch still leads the org; the row stays locked against a change of the lead until the commit.
-- +goose StatementBegin
CREATE FUNCTION fettle_fence(wanted_org text, wanted_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM leads WHERE org = wanted_org AND epoch = wanted_epoch FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'leads_fence: another process leads %', wanted_org USING ERRCODE = 'FE001', CONSTRAINT = 'leads_fence';
    END IF;
END
$$;
-- +goose StatementEnd

-- The log, a partition a month by the instant of the event.
CREATE TABLE events (
    org           text COLLATE "C" NOT NULL CHECK (org <> ''),
    sequence      bigint NOT NULL CHECK (sequence > 0),
    type          text   NOT NULL CHECK (type <> ''),
    happened_at   bigint NOT NULL,
    actor         text   NOT NULL,
    order_id      text COLLATE "C" NOT NULL, -- '' when the event is not about an order
    technician_id text   NOT NULL, -- '' when it concerns none
    reason        text   NOT NULL,
    state         text   NOT NULL, -- of the order, after the event
    version       bigint NOT NULL,
    detail        text   NOT NULL,
    PRIMARY KEY (org, sequence, happened_at)
) PARTITION BY RANGE (happened_at);

CREATE TABLE events_other PARTITION OF events DEFAULT; -- months without a partition of their own

CREATE INDEX events_by_order ON events (org, order_id, sequence) WHERE order_id <> '';

-- Makes the partition of the month that holds an instant, unless it is there or events of that month lie in the default
-- partition already. It runs with the rights of the owner, as only the owner makes tables.
-- +goose StatementBegin
CREATE FUNCTION fettle_month(instant bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    month timestamp := date_trunc('month', to_timestamp(instant / 1000000) AT TIME ZONE 'UTC');
    name  text := 'events_' || to_char(month, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('fettle_month'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%s) TO (%s)', name,
        extract(epoch FROM month)::bigint * 1000000, extract(epoch FROM month + interval '1 month')::bigint * 1000000);
EXCEPTION
    WHEN check_violation THEN RETURN;
END
$$;
-- +goose StatementEnd

-- The last sequence of each log: a partitioned table cannot hold the sequence unique by itself.
CREATE TABLE logs (
    org  text COLLATE "C" NOT NULL PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);

-- Each event is one step of one order, so the log is where each step is checked.
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

-- +goose StatementBegin
CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events_append_only: an event is never changed or removed'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_append_only';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER events_no_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_append_only();
CREATE TRIGGER events_no_delete BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_append_only();

CREATE TABLE work_orders (
    org           text COLLATE "C" NOT NULL CHECK (org <> ''),
    id            text COLLATE "C" NOT NULL CHECK (id <> ''),
    version       bigint NOT NULL,
    state         text   NOT NULL,
    urgency       text   NOT NULL,
    unit_id       text COLLATE "C" NOT NULL, -- '' when unknown
    technician_id text COLLATE "C",          -- of the assignment
    shift_at      bigint,
    arrival_at    bigint,
    start_at      bigint,
    end_at        bigint,
    created_at    bigint NOT NULL,
    updated_at    bigint NOT NULL,
    detail        text   NOT NULL,
    PRIMARY KEY (org, id),
    CONSTRAINT work_orders_state CHECK (state IN ('NEW', 'ASSIGNED', 'ACCEPTED', 'EN_ROUTE', 'ON_SITE', 'WORKING', 'PAUSED',
        'COMPLETED', 'VERIFIED', 'MERGED', 'CANCELED')),
    CONSTRAINT work_orders_need_technician CHECK (technician_id <> '' AND technician_id IS NOT NULL
        OR state NOT IN ('ASSIGNED', 'ACCEPTED', 'EN_ROUTE', 'ON_SITE', 'WORKING')),
    CONSTRAINT work_orders_new_has_none CHECK (state <> 'NEW' OR technician_id IS NULL),
    -- A technician is in one place: no second order may be travelled to or worked on. Checked at the commit, which may hand a
    -- technician from one order to the next.
    CONSTRAINT work_orders_one_started EXCLUDE USING btree (org WITH =, technician_id WITH =)
        WHERE (state IN ('EN_ROUTE', 'ON_SITE', 'WORKING')) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX work_orders_by_state ON work_orders (org, state, id);
CREATE INDEX work_orders_by_technician ON work_orders (org, technician_id, id) WHERE technician_id IS NOT NULL;
CREATE INDEX work_orders_by_unit ON work_orders (org, unit_id, id) WHERE unit_id <> '';

-- One commit may take an order through several states. The row then jumps, but only to where the log, whose steps were
-- checked one by one, says the order is.
-- +goose StatementBegin
CREATE FUNCTION work_orders_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    logged text;
BEGIN
    IF EXISTS (SELECT FROM legal_transitions WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RETURN NEW;
    END IF;
    SELECT state INTO logged FROM events WHERE org = NEW.org AND order_id = NEW.id AND order_id <> ''
        ORDER BY sequence DESC LIMIT 1;
    IF logged IS DISTINCT FROM NEW.state THEN
        RAISE EXCEPTION 'work_orders_legal_transition: no such step between states'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'work_orders_legal_transition';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER work_orders_legal_transition BEFORE UPDATE OF state ON work_orders FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION work_orders_before_update();

CREATE TABLE technicians (
    org        text COLLATE "C" NOT NULL CHECK (org <> ''),
    id         text COLLATE "C" NOT NULL CHECK (id <> ''),
    version    bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    detail     text   NOT NULL,
    PRIMARY KEY (org, id)
);

CREATE TABLE due_work (
    org     text COLLATE "C" NOT NULL CHECK (org <> ''),
    kind    text COLLATE "C" NOT NULL CHECK (kind <> ''),
    key     text COLLATE "C" NOT NULL,
    due_at  bigint NOT NULL,
    payload text   NOT NULL,
    PRIMARY KEY (org, kind, key)
);

CREATE INDEX due_work_by_time ON due_work (org, due_at, kind, key);

CREATE TABLE idempotency_keys (
    org        text COLLATE "C" NOT NULL CHECK (org <> ''),
    key        text COLLATE "C" NOT NULL,
    method     text   NOT NULL,
    hash       bytea  NOT NULL CHECK (length(hash) = 32),
    response   bytea  NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (org, key)
);

CREATE INDEX idempotency_keys_by_time ON idempotency_keys (org, created_at);

CREATE TABLE positions (
    org             text COLLATE "C" NOT NULL CHECK (org <> ''),
    technician_id   text COLLATE "C" NOT NULL CHECK (technician_id <> ''),
    latitude        double precision NOT NULL,
    longitude       double precision NOT NULL,
    seen_at         bigint NOT NULL,
    accuracy_meters double precision NOT NULL,
    sequence        bigint NOT NULL,
    PRIMARY KEY (org, technician_id)
) WITH (fillfactor = 70);

-- Written by Probe, to find out whether writes are possible.
CREATE TABLE heartbeat (
    id    boolean PRIMARY KEY DEFAULT true CHECK (id),
    beats bigint NOT NULL
);

INSERT INTO heartbeat (beats) VALUES (0);

-- Row-level security: the second lock. FORCE binds the owner of the tables too.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['leads', 'events', 'logs', 'work_orders', 'technicians', 'due_work',
        'idempotency_keys', 'positions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_org ON %I TO fettle_service USING (org = fettle_org()) WITH CHECK (org = fettle_org())', name);
        EXECUTE format('CREATE POLICY all_orgs ON %I TO fettle_keeper USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT ON legal_transitions TO fettle_service;
GRANT SELECT, INSERT ON events TO fettle_service;
GRANT SELECT, INSERT, UPDATE ON leads, logs, work_orders TO fettle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON technicians, due_work, idempotency_keys, positions TO fettle_service;
GRANT SELECT, UPDATE ON heartbeat TO fettle_service;
GRANT SELECT ON legal_transitions, leads TO fettle_keeper;
GRANT SELECT, INSERT, UPDATE ON logs TO fettle_keeper;
GRANT SELECT, INSERT ON events, work_orders, technicians, due_work, idempotency_keys, positions TO fettle_keeper;

-- +goose Down

DROP TABLE heartbeat, positions, idempotency_keys, due_work, technicians, work_orders, events, logs, leads, legal_transitions;
DROP FUNCTION work_orders_before_update, events_append_only, events_before_insert, fettle_month, fettle_fence, fettle_org;
