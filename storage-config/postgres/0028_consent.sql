-- What one operator asks for and another one must agree to: whatever lets anybody in. A row is decided once, and never goes
-- away. There are no secrets in it: they are made when it is carried out.
CREATE TABLE consent (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the request's number
    at_ms      BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    asker      TEXT NOT NULL REFERENCES account (id),
    act        TEXT NOT NULL,      -- by name, as the interface says it
    subject    TEXT NOT NULL,      -- whose account or person
    deed       TEXT NOT NULL,      -- all of it, as JSON
    outcome    TEXT,               -- 'agreed', 'failed' or 'taken-back'; none while it waits
    decider    TEXT REFERENCES account (id),
    decided_ms BIGINT,
    -- Whoever asks may take it back, and never agree to it.
    CONSTRAINT consent_of_two CHECK (outcome IS NULL OR outcome = 'taken-back' OR decider <> asker)
);
CREATE INDEX consent_waits ON consent (expires_ms) WHERE outcome IS NULL;
