-- Wrong tries at logins, counted for all nodes together. What was typed is not kept: people type passwords where names
-- belong. A login is one of 65,536 buckets, which is enough to count by and too little to find it again.

CREATE TABLE wrong_try (
    origin  TEXT NOT NULL,    -- an IPv4 address, or the /64 of an IPv6 one
    bucket  BIGINT NOT NULL,  -- two bytes of a hash of channel and login
    wrong   BIGINT NOT NULL,  -- since the last right one
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (origin, bucket)
);
CREATE INDEX wrong_try_last ON wrong_try (last_ms);

-- Until when a board's certificate is valid, as the certificate says; none where only its fingerprint was bound and it
-- was not shown yet.
ALTER TABLE board_certificate ADD COLUMN ends_ms BIGINT;
