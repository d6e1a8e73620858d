-- Due work that several workers may do: claims that end and fence, attempts that are counted, work that is laid aside, and the
-- trace of what was settled.

-- +goose Up

ALTER TABLE due_work
    ADD COLUMN rank smallint NOT NULL DEFAULT 0 CHECK (rank BETWEEN -1 AND 1), -- the most urgent first
    ADD COLUMN wake_at bigint, -- the end of a claim or of a wait; NULL means due_at
    ADD COLUMN attempt integer NOT NULL DEFAULT 0, -- begun so far
    ADD COLUMN problem text NOT NULL DEFAULT '', -- of the last attempt
    ADD COLUMN dead_at bigint, -- when it was laid aside
    ADD COLUMN claim text COLLATE "C" NOT NULL DEFAULT '', -- fences, and begins with the session of who has it; '' for nobody
    ADD COLUMN claim_until bigint CHECK ((claim_until IS NULL) = (claim = ''));

DROP INDEX due_work_by_time;
CREATE INDEX due_work_by_wake ON due_work (org, rank, coalesce(wake_at, due_at), kind, key) WHERE dead_at IS NULL;
CREATE INDEX due_work_waiting ON due_work (org, due_at) WHERE wake_at IS NOT NULL AND dead_at IS NULL;
CREATE INDEX due_work_claimed ON due_work (org, claim) WHERE claim <> '';
CREATE INDEX due_work_dead ON due_work (org, kind, key) WHERE dead_at IS NOT NULL;

CREATE TABLE due_outcomes (
    org        text COLLATE "C" NOT NULL CHECK (org <> ''),
    kind       text COLLATE "C" NOT NULL CHECK (kind <> ''),
    key        text COLLATE "C" NOT NULL,
    due_at     bigint  NOT NULL,
    settled_at bigint  NOT NULL,
    fate       text    NOT NULL CHECK (fate IN ('DONE', 'LATE', 'SUPERSEDED')),
    attempt    integer NOT NULL,
    note       text    NOT NULL,
    PRIMARY KEY (org, kind, key, due_at)
);

CREATE INDEX due_outcomes_by_time ON due_outcomes (org, kind, due_at, key);

ALTER TABLE due_outcomes ENABLE ROW LEVEL SECURITY;
ALTER TABLE due_outcomes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_org ON due_outcomes TO fettle_service USING (org = fettle_org()) WITH CHECK (org = fettle_org());
CREATE POLICY all_orgs ON due_outcomes TO fettle_keeper USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON due_outcomes TO fettle_service;
GRANT SELECT, INSERT ON due_outcomes TO fettle_keeper;

-- +goose Down

DROP TABLE due_outcomes;
DROP INDEX due_work_dead, due_work_claimed, due_work_waiting, due_work_by_wake;
CREATE INDEX due_work_by_time ON due_work (org, due_at, kind, key);
ALTER TABLE due_work DROP COLUMN claim_until, DROP COLUMN claim, DROP COLUMN dead_at, DROP COLUMN problem,
    DROP COLUMN attempt, DROP COLUMN wake_at, DROP COLUMN rank;
