-- A link by hand of a form with many pages says which scan it takes the place of; none for a further page.
ALTER TABLE hand_link ADD COLUMN replaces BYTEA;
