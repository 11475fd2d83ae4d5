-- How a party's FTP may come: without TLS only where it is allowed, and with data connections that are bound to the session.

ALTER TABLE account ADD COLUMN allow_plain BOOLEAN NOT NULL DEFAULT FALSE;    -- in the clear, where the service does not require TLS
ALTER TABLE account ADD COLUMN session_reuse BOOLEAN NOT NULL DEFAULT FALSE;  -- data connections resume the control connection's TLS session
