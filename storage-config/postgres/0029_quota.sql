-- What a board has brought is summed up again and again. The entry itself says how many bytes it has; this is an index of it.
ALTER TABLE entry ADD COLUMN size BIGINT;
UPDATE entry SET size = CAST(CAST(line AS json) ->> 'size' AS BIGINT) WHERE sha256 IS NOT NULL;
CREATE INDEX entry_board_size ON entry (board, kind, size) WHERE board IS NOT NULL;

-- Boards that were given more than the usual quota.
CREATE TABLE board_quota (
    board  TEXT PRIMARY KEY REFERENCES account (id),
    factor BIGINT NOT NULL   -- times the usual quota
);
