-- Which key seals the secrets of second factors: a name computed from it, by which a node that has another one is told.
CREATE TABLE seal (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    key_name TEXT NOT NULL
);
