-- People and what they log in with, their sessions, and machines' secrets that overlap while they are changed.
-- Kinds of accounts from here on: 'party', 'candidate' (for Cumhurbaşkanı: as a party), 'independent' (a candidate who is
-- handed a medium and has no way in on line; its place is the seçim çevresi), 'board', 'operator', 'auditor'.

-- A person keeps the login for ever: nobody else is ever given it, so that the record of accesses stays true.
CREATE TABLE person (
    id            TEXT PRIMARY KEY,    -- the login
    account       TEXT NOT NULL REFERENCES account (id),
    number        BIGINT NOT NULL,     -- counts all people that an account ever had
    -- Of those who may log in; none of somebody passive. At most 10 web users a party (2019 circular, art. 5).
    seat          BIGINT CHECK (seat BETWEEN 1 AND 10),
    role          TEXT NOT NULL,       -- 'representative' or 'user'
    name          TEXT NOT NULL,
    phone         TEXT NOT NULL,
    email         TEXT NOT NULL,       -- in lower case; empty where none is known
    needs_form    BOOLEAN NOT NULL,    -- passive since before an election: only a new form brings the person back
    password      TEXT NOT NULL,       -- Argon2id
    must_change   BOOLEAN NOT NULL,    -- the password is still the slip's
    slip_until_ms BIGINT,              -- from then on the slip's password is refused; none: never
    slip_used     BOOLEAN NOT NULL,    -- the slip's password has opened its one session
    totp          TEXT,                -- secret of the second factor, base 32
    totp_step     BIGINT NOT NULL,     -- the last step that was used; it and older ones are refused
    CONSTRAINT person_number UNIQUE (account, number),
    CONSTRAINT person_seat UNIQUE (account, seat)
);

-- People who were kept among the machines' secrets. Their passwords are still those of their slips.
INSERT INTO person (id, account, number, seat, role, name, phone, email, needs_form, password, must_change, slip_until_ms,
                    slip_used, totp, totp_step)
SELECT c.login, c.account, 1, 1, 'representative', a.name, '', '', FALSE, c.secret, TRUE, NULL, FALSE, NULL, 0
  FROM credential c JOIN account a ON a.id = c.account
 WHERE c.channel IN ('web', 'operator');

-- Two secrets of one login live side by side while they are changed.
ALTER TABLE credential RENAME TO credential_before;
CREATE TABLE credential (
    channel    TEXT NOT NULL,   -- 'bulk', 'service' or 'board'
    login      TEXT NOT NULL,   -- user name, or for tokens the first 16 hexadecimal digits of their SHA-256
    account    TEXT NOT NULL REFERENCES account (id),
    secret     TEXT NOT NULL,   -- 'sha256:…'
    expires_ms BIGINT,          -- of a secret that was replaced; none: the one in force
    PRIMARY KEY (channel, login, secret)
);
INSERT INTO credential (channel, login, account, secret, expires_ms)
SELECT channel, login, account, secret, expires_ms FROM credential_before WHERE channel NOT IN ('web', 'operator');
DROP TABLE credential_before;
-- One in force for each account and channel: exactly one web service user a party (2019 circular, art. 4).
CREATE UNIQUE INDEX credential_in_force ON credential (account, channel) WHERE expires_ms IS NULL;

CREATE TABLE session (
    token      BYTEA PRIMARY KEY,     -- SHA-256 of what the browser holds
    id         TEXT NOT NULL,         -- by which it is shown and ended
    person     TEXT NOT NULL REFERENCES person (id),
    address    TEXT NOT NULL,         -- where it was begun
    agent      TEXT NOT NULL,         -- what the browser says of itself
    began_ms   BIGINT NOT NULL,
    seen_ms    BIGINT NOT NULL,       -- to the minute
    ends_ms    BIGINT NOT NULL        -- whatever is done in it
);
CREATE INDEX session_person ON session (person);
