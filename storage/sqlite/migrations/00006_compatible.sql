-- Which programs may run on this schema: those that know this version or a newer one. A migration that takes away, renames or
-- narrows what the program before it uses sets this to its own version; one that only adds leaves it as it is (ADR 25).

-- +goose Up

CREATE TABLE schema_compatible (
    one            INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    lowest_version INTEGER NOT NULL
) STRICT;

INSERT INTO schema_compatible (one, lowest_version) VALUES (1, 5);

-- +goose Down

DROP TABLE schema_compatible;
