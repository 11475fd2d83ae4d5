-- Media for independent candidates: who asked, who agreed, from which instant of the ledger, and what was handed over.
-- Rows are only ever added.

CREATE TABLE export_request (
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- the request's number, as receipts show it
    at_ms     BIGINT NOT NULL,
    candidate TEXT NOT NULL REFERENCES account (id),
    name      TEXT NOT NULL,   -- the candidate's, as it was then
    place     TEXT NOT NULL REFERENCES place (id), -- the seçim çevresi, as it was then
    reason    TEXT NOT NULL,   -- the petition: date and number
    operator  TEXT NOT NULL    -- who entered it
);

CREATE TABLE export_approval (
    request   BIGINT NOT NULL REFERENCES export_request (id),
    operator  TEXT NOT NULL,
    at_ms     BIGINT NOT NULL,
    PRIMARY KEY (request, operator)
);

-- What all media of a request are made from: fixed when the first one is begun.
CREATE TABLE export_start (
    request    BIGINT PRIMARY KEY REFERENCES export_request (id),
    at_ms      BIGINT NOT NULL,
    size       BIGINT NOT NULL,  -- entries of the ledger
    checkpoint TEXT NOT NULL,    -- the signed note over exactly these
    capacity   BIGINT NOT NULL,  -- bytes of one medium
    cluster    BIGINT NOT NULL,  -- bytes by which files on it are rounded up
    media      BIGINT NOT NULL   -- how many it takes
);

CREATE TABLE export_medium (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    request   BIGINT NOT NULL REFERENCES export_request (id),
    number    BIGINT NOT NULL,   -- of the request's media, from 1
    at_ms     BIGINT NOT NULL,
    operators TEXT NOT NULL,     -- both who wrote it
    scans     BIGINT NOT NULL,
    files     BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    digest    BLOB NOT NULL,     -- SHA-256 of the bag's tag manifest, which covers every byte
    serial    TEXT NOT NULL,     -- the medium's own number; empty where it has none that can be read
    sealed    TEXT NOT NULL,     -- the recipient it is encrypted to; empty where it is not
    receipt   TEXT NOT NULL      -- as it was printed
);
CREATE INDEX export_medium_request ON export_medium (request, number);

-- From a seçim çevresi down to everything in it.
CREATE INDEX place_parent ON place (parent);
