-- Who may come in, through which channel, from where; and what they did.

CREATE TABLE account (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,   -- 'party', 'board', 'operator'
    name      TEXT NOT NULL,   -- as election users know it
    place     TEXT,            -- where a board sits
    addresses TEXT NOT NULL,   -- CIDR ranges, separated by spaces; empty means nowhere
    active    BOOLEAN NOT NULL
);

CREATE TABLE credential (
    channel    TEXT NOT NULL,
    login      TEXT NOT NULL,  -- user name, or for tokens the first 16 hexadecimal digits of their SHA-256
    account    TEXT NOT NULL REFERENCES account (id),
    secret     TEXT NOT NULL,  -- 'sha256:…' of a machine-made secret, or an Argon2id string of a person's
    expires_ms BIGINT,         -- none: until it is replaced
    PRIMARY KEY (channel, login)
);

-- Every access. Rows are only ever added.
CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms     BIGINT NOT NULL,
    principal TEXT NOT NULL,   -- account, or '-' for somebody unknown
    channel   TEXT NOT NULL,
    protocol  TEXT NOT NULL,   -- 'https', 'ftp', 'ftps', 'cli'
    address   TEXT NOT NULL,
    act       TEXT NOT NULL,   -- 'login', 'list', 'download', 'upload', 'refusal', 'admin'
    object    TEXT NOT NULL,   -- path, digest or login name
    start_at  BIGINT NOT NULL, -- first byte asked for
    bytes     BIGINT NOT NULL, -- bytes sent or received
    complete  BOOLEAN NOT NULL,
    outcome   TEXT NOT NULL,   -- 'ok', 'cut', 'refused', 'failed'
    reason    TEXT NOT NULL    -- why, where it was not 'ok'
);
CREATE INDEX audit_at ON audit (at_ms);
CREATE INDEX audit_principal ON audit (principal, at_ms);
