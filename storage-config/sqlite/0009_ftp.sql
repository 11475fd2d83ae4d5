-- How a party's FTP may come: encrypted always, or for a while in the clear.

ALTER TABLE account ADD COLUMN require_tls BOOLEAN NOT NULL DEFAULT FALSE;  -- never in the clear, whatever the service allows
ALTER TABLE account ADD COLUMN plain_until_ms BIGINT;                       -- in the clear until then, where the service requires TLS
