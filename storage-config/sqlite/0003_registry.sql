-- The registry: the election, its places, boxes, and what each karekod names. Rows are only ever added.

-- One row: a database serves one election and keeps it.
CREATE TABLE election (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    id     TEXT NOT NULL,
    file   TEXT NOT NULL,      -- election.toml as JSON with fixed field order
    digest BLOB NOT NULL      -- SHA-256 over the SHA-256 list of all that was imported, in its order
);

-- Codes made by rule: the prefix, the race's digit, the seven digits of the box id.
CREATE TABLE code_rule (
    prefix     TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    many_pages BOOLEAN NOT NULL
);

CREATE TABLE place (
    id        TEXT PRIMARY KEY,
    seq       BIGINT NOT NULL UNIQUE,            -- order of import; parents come before children
    parent    TEXT REFERENCES place (id),
    level     TEXT NOT NULL,
    code      TEXT NOT NULL,   -- plate, number of the board, rumuz; may be empty
    name      TEXT NOT NULL,
    directory TEXT NOT NULL,   -- below 'tutanaklar/'; a çevre shares its province's
    board     TEXT,            -- the nearest board at or above the place
    district  TEXT NOT NULL    -- the place inside which box numbers are unique
);
CREATE INDEX place_directory ON place (directory);

CREATE TABLE box (
    id       TEXT PRIMARY KEY, -- unique in the election
    seq      BIGINT NOT NULL UNIQUE,             -- order of import
    place    TEXT NOT NULL REFERENCES place (id),
    district TEXT NOT NULL,
    number   BIGINT NOT NULL,
    kind     BIGINT NOT NULL,  -- sandık türü: 0 normal, 1 gümrük, 2 cezaevi, 3 dış temsilcilik
    races    TEXT NOT NULL,    -- digits of the seçim türü, ascending
    CONSTRAINT box_number UNIQUE (district, number)
);

-- Codes that are listed one by one. They win over the rule.
CREATE TABLE code (
    code       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    race       BIGINT,           -- none: a sheet over all races
    box        TEXT REFERENCES box (id),           -- none: a sheet of the place itself
    place      TEXT NOT NULL REFERENCES place (id),
    many_pages BOOLEAN NOT NULL
);
CREATE INDEX code_box ON code (box);
CREATE INDEX code_place ON code (place);
