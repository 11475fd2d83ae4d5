-- The archive: what is known of full packs. Everything here follows from the entries and the scans; it can be emptied
-- while the service is stopped, and comes again.

CREATE TABLE pack (
    number     BIGINT PRIMARY KEY,       -- entries 256·number and the 255 that follow
    size       BIGINT NOT NULL,  -- bytes of the archive
    at_ms      BIGINT NOT NULL,  -- when its last entry was committed
    sha256     BYTEA,            -- of the archive; none until all of its scans were read
    claimed_ms BIGINT NOT NULL   -- when a node last began to read them
);
CREATE INDEX pack_unsummed ON pack (number) WHERE sha256 IS NULL;

-- The entries that change what was there, for the list of changes.
CREATE INDEX entry_changes ON entry (position) WHERE revision > 1 OR kind IN ('resolved', 'withdrawn');
