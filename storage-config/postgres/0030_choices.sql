-- What can be voted for: one row a choice of a ballot. Rows are only ever added.
CREATE TABLE choice (
    race         BIGINT NOT NULL,
    constituency TEXT NOT NULL,   -- a place; '' is the whole country
    no           BIGINT NOT NULL, -- by which figures name it, in the order of the ballot
    kind         TEXT NOT NULL,
    id           TEXT NOT NULL,
    short_name   TEXT NOT NULL,
    name         TEXT NOT NULL,
    alliance     TEXT,            -- id of a member's alliance on the same ballot
    PRIMARY KEY (race, constituency, no),
    CONSTRAINT choice_id UNIQUE (race, constituency, id)
);
