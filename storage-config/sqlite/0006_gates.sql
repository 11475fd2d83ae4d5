-- The gate that must be open before an account may see scans: 'parties-open' for parties that take part in the election,
-- 'ban-lifted' for those that take no part.

ALTER TABLE account ADD COLUMN opens_with TEXT NOT NULL DEFAULT 'parties-open';
