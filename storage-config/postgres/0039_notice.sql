-- When the person said to have read the notice that stands on every page (2019 circular, art. 3/2); none until then.
ALTER TABLE session ADD COLUMN notice_ms BIGINT;
