-- Client certificates of boards: whoever sends as such a board must have the key of one of them, beside the token.

CREATE TABLE board_certificate (
    board    TEXT NOT NULL REFERENCES account (id),
    sha256   BLOB NOT NULL,  -- of the certificate (DER)
    bound_ms BIGINT NOT NULL,
    PRIMARY KEY (board, sha256)
);

-- How far the audit record was sent to a collector of logs elsewhere (RFC 5424). One row.
CREATE TABLE audit_shipped (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    after    BIGINT NOT NULL,  -- id of the last row that was sent
    until_ms BIGINT NOT NULL   -- until when one node has the sending to itself
);
INSERT INTO audit_shipped (id, after, until_ms) VALUES (1, 0, 0);
