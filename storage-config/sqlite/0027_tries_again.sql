-- Where accounts were right of late: they do not wait there for what others try. Only logins that were right are kept, so
-- nothing that somebody typed by mistake is.
CREATE TABLE right_login (
    origin  TEXT NOT NULL,    -- an IPv4 address, or the /64 of an IPv6 one
    login   TEXT NOT NULL,    -- channel and login
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (origin, login)
);
CREATE INDEX right_login_last ON right_login (last_ms);

-- Codes of second factors, counted for each person wherever they are tried.
CREATE TABLE code_try (
    person   TEXT PRIMARY KEY REFERENCES person (id),
    tries    BIGINT NOT NULL,     -- since the last right one; a code is counted before it is looked at
    last_ms  BIGINT NOT NULL,     -- of these
    wrong    BIGINT NOT NULL,     -- since the person last said that they know of them
    since_ms BIGINT,              -- of the first of these
    wrong_ms BIGINT               -- of the last
);
