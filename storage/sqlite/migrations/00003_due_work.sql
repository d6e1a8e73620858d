-- Due work that several workers may do: claims that end and fence, attempts that are counted, work that is laid aside, and the
-- trace of what was settled.

-- +goose Up

ALTER TABLE due_work ADD COLUMN rank INTEGER NOT NULL DEFAULT 0 CHECK (rank BETWEEN -1 AND 1); -- the most urgent first
ALTER TABLE due_work ADD COLUMN wake_at INTEGER; -- the end of a claim or of a wait; NULL means due_at
ALTER TABLE due_work ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0; -- begun so far
ALTER TABLE due_work ADD COLUMN problem TEXT NOT NULL DEFAULT ''; -- of the last attempt
ALTER TABLE due_work ADD COLUMN dead_at INTEGER; -- when it was laid aside
ALTER TABLE due_work ADD COLUMN claim TEXT NOT NULL DEFAULT ''; -- fences; '' when nobody has it
ALTER TABLE due_work ADD COLUMN claim_until INTEGER CHECK ((claim_until IS NULL) = (claim = ''));

DROP INDEX due_work_by_time;
CREATE INDEX due_work_by_wake ON due_work (org, rank, coalesce(wake_at, due_at), kind, key) WHERE dead_at IS NULL;
CREATE INDEX due_work_waiting ON due_work (org, due_at) WHERE wake_at IS NOT NULL AND dead_at IS NULL;
CREATE INDEX due_work_claimed ON due_work (org, claim) WHERE claim <> '';
CREATE INDEX due_work_dead ON due_work (org, kind, key) WHERE dead_at IS NOT NULL;

CREATE TABLE due_outcomes (
    org        TEXT    NOT NULL CHECK (org <> ''),
    kind       TEXT    NOT NULL CHECK (kind <> ''),
    key        TEXT    NOT NULL,
    due_at     INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    fate       TEXT    NOT NULL CHECK (fate IN ('DONE', 'LATE', 'SUPERSEDED')),
    attempt    INTEGER NOT NULL,
    note       TEXT    NOT NULL,
    PRIMARY KEY (org, kind, key, due_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX due_outcomes_by_time ON due_outcomes (org, kind, due_at, key);

-- +goose Down

DROP TABLE due_outcomes;
DROP INDEX due_work_dead;
DROP INDEX due_work_claimed;
DROP INDEX due_work_waiting;
DROP INDEX due_work_by_wake;
CREATE INDEX due_work_by_time ON due_work (org, due_at, kind, key);
ALTER TABLE due_work DROP COLUMN claim_until;
ALTER TABLE due_work DROP COLUMN claim;
ALTER TABLE due_work DROP COLUMN dead_at;
ALTER TABLE due_work DROP COLUMN problem;
ALTER TABLE due_work DROP COLUMN attempt;
ALTER TABLE due_work DROP COLUMN wake_at;
ALTER TABLE due_work DROP COLUMN rank;
