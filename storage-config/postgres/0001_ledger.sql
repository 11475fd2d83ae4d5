-- The ledger: every entry at its position, and the head that orders them.
-- Both engines have the same tables and columns; only the names of types differ.

-- One row. Whoever moves it holds the order of all entries until the commit.
CREATE TABLE head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    size     BIGINT NOT NULL,  -- entries so far = next position
    at_ms    BIGINT NOT NULL,  -- time of the newest entry; never goes back
    frontier BYTEA NOT NULL,   -- roots of the perfect subtrees, largest first, 32 bytes each
    linked   BIGINT NOT NULL,
    parked   BIGINT NOT NULL,
    resolved BIGINT NOT NULL
);
INSERT INTO head (id, size, at_ms, frontier, linked, parked, resolved) VALUES (1, 0, 0, '', 0, 0, 0);

CREATE TABLE entry (
    position BIGINT PRIMARY KEY,
    at_ms    BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    sha256   BYTEA,
    form_key TEXT,
    page     BIGINT,
    revision BIGINT,
    board    TEXT,
    parked   TEXT,             -- why it was parked
    leaf     BYTEA NOT NULL,   -- RFC 6962 leaf hash of the line
    line     TEXT NOT NULL,    -- the entry itself; everything else in this row is an index of it
    CONSTRAINT entry_page UNIQUE (form_key, page, revision)
);
CREATE INDEX entry_sha256 ON entry (sha256);
CREATE INDEX entry_parked ON entry (parked, board) WHERE parked IS NOT NULL;

-- The tree that parties see: one row a directory or scan, so that a listing touches nothing else.
CREATE TABLE node (
    parent   TEXT COLLATE "C" NOT NULL,    -- path of the directory, without slashes at its ends; the root is ''
    name     TEXT COLLATE "C" NOT NULL, -- listings are in the order of bytes, whatever the server's language
    kind     TEXT NOT NULL,    -- 'd' directory, 'f' scan
    position BIGINT NOT NULL,  -- entry that brought it
    at_ms    BIGINT NOT NULL,
    size     BIGINT NOT NULL,  -- bytes; 0 for a directory
    sha256   BYTEA,
    PRIMARY KEY (parent, name)
);
