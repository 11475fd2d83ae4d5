-- Box results: every line that was entered, which version of it counts, and the sums over all that count. Everything here
-- follows from the entries, the lines in the vault and the registry.

-- Rows are only ever added; of a row only where it stands, whether it counts and whether it is held still can change.
CREATE TABLE result (
    position BIGINT PRIMARY KEY, -- its entry
    at_ms    BIGINT NOT NULL,
    box      TEXT NOT NULL,
    race     BIGINT NOT NULL,
    version  BIGINT NOT NULL,
    void     BOOLEAN NOT NULL, -- it takes the result back
    newest   BOOLEAN NOT NULL, -- the highest version in force: the one that counts
    held     TEXT,             -- why it is not in force; 'entered' once a later entry put it in force
    sha256   BYTEA NOT NULL,
    line     TEXT NOT NULL,    -- the canonical line
    place    TEXT,             -- where the box stands; none while the registry does not know it
    kind     BIGINT,           -- sandık türü
    sort_key BYTEA             -- order of lists: its places by their order of import, then its number
);
CREATE INDEX result_box ON result (box, race, version);
CREATE UNIQUE INDEX result_newest ON result (race, sort_key) WHERE newest;
CREATE INDEX result_changes ON result (position) WHERE version > 1 OR void;
CREATE INDEX result_held ON result (position) WHERE held IS NOT NULL;
CREATE INDEX result_unsettled ON result (position) WHERE sort_key IS NULL AND held IS NULL;

-- Sums over the newest results of a place and all below it, moved in the transaction that enters them.
CREATE TABLE result_sum (
    unit TEXT NOT NULL,        -- a place; '' is the whole election
    race BIGINT NOT NULL,
    sums TEXT NOT NULL,        -- JSON: boxes; of each figure and each choice the sum and how many boxes gave it
    PRIMARY KEY (unit, race)
);
