-- How far the look at every stored scan has come. One row: nodes share one vault, and one of them looks at a time.
CREATE TABLE scrub (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    pass     BIGINT NOT NULL,  -- looks round that were begun
    position BIGINT NOT NULL,  -- entries before it were looked at in this one
    scans    BIGINT NOT NULL,  -- looked at in this one
    bytes    BIGINT NOT NULL,
    healed   BIGINT NOT NULL,
    began_ms BIGINT NOT NULL,
    ended_ms BIGINT NOT NULL,  -- when the last whole one ended; 0 for never
    holder   TEXT NOT NULL,    -- who looks
    held_ms  BIGINT NOT NULL   -- until when nobody else does
);
INSERT INTO scrub (id, pass, position, scans, bytes, healed, began_ms, ended_ms, holder, held_ms)
VALUES (1, 0, 0, 0, 0, 0, 0, 0, '', 0);

-- What could not be healed, and what has no entry.
CREATE TABLE scrub_finding (
    sha256   BYTEA NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,    -- 'missing', 'damaged', 'unreadable' or 'no-entry'
    position BIGINT,           -- its entry
    size     BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL,  -- when it was entered, or stored where it has no entry
    about    TEXT NOT NULL,    -- what the codes on a scan without an entry name
    pass     BIGINT NOT NULL   -- the last one that found it so
);
