-- The audit record as a log of its own: rows stay private, the root over their hashes is signed and public, so that a row
-- that was changed, left out or added later is noticed.

ALTER TABLE audit ADD COLUMN leaf BLOB;  -- RFC 6962 leaf hash of the row's line; none in rows from before
CREATE INDEX audit_unhashed ON audit (id) WHERE leaf IS NULL;

-- One row. Whoever moves it holds the order of all rows until the commit.
CREATE TABLE audit_head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    size     BIGINT NOT NULL,
    frontier BLOB NOT NULL
);
INSERT INTO audit_head (id, size, frontier) VALUES (1, 0, x'');
