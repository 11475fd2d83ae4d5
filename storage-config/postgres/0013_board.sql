-- What people of a board wish to be linked by hand, or taken back, and who agreed. What became of it is in the ledger; a row
-- is decided once.
CREATE TABLE hand_link (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the wish's number, as pages show it
    board      TEXT NOT NULL REFERENCES account (id),
    act        TEXT NOT NULL,      -- 'link' or 'undo'
    position   BIGINT NOT NULL,    -- of the parked entry, or of the link that shall be taken back
    code       TEXT NOT NULL,      -- of the form
    reason     TEXT NOT NULL,
    proposer   TEXT NOT NULL REFERENCES person (id),
    at_ms      BIGINT NOT NULL,
    outcome    TEXT,               -- 'confirmed' or 'refused'; none while it waits
    decider    TEXT REFERENCES person (id),
    decided_ms BIGINT,
    entry      BIGINT,             -- position of the entry that it became
    -- Four eyes: whoever wishes it may give it up, and never agree to it.
    CONSTRAINT hand_link_four_eyes CHECK (outcome IS NULL OR outcome <> 'confirmed' OR decider <> proposer)
);
-- Of one scan one wish waits at a time.
CREATE UNIQUE INDEX hand_link_waits ON hand_link (position) WHERE outcome IS NULL;
CREATE INDEX hand_link_board ON hand_link (board, id);

-- A board's parked scans, and its late links, in order.
CREATE INDEX entry_board_parked ON entry (board, position) WHERE parked IS NOT NULL;
CREATE INDEX entry_board_resolved ON entry (board, position) WHERE kind = 'resolved';

-- From a board to its places and boxes: what it is to send is counted again and again.
CREATE INDEX place_board ON place (board);
CREATE INDEX box_place ON box (place);
