-- The log's upper levels: roots of the perfect trees of 256, 256², … entries. Any tile (C2SP tlog-tiles) is one range of
-- these rows, or of the leaves.

CREATE TABLE subtree (
    level BIGINT NOT NULL,   -- 1: 256 entries, 2: 256², …
    idx   BIGINT NOT NULL,   -- which one of its level, from the left
    root  BLOB NOT NULL,
    at_ms BIGINT NOT NULL,   -- when its last entry was committed
    bytes BIGINT NOT NULL,   -- of the entry bundle; 0 above the first level
    PRIMARY KEY (level, idx)
);

-- Bytes of the entry bundle that is not full yet.
ALTER TABLE head ADD COLUMN bundle_bytes BIGINT NOT NULL DEFAULT 0;

-- The entries that say whose log this is and which gates are open; a handful among millions.
CREATE INDEX entry_binding ON entry (kind) WHERE kind IN ('election', 'key');
CREATE INDEX entry_gate ON entry (position) WHERE kind = 'gate';
