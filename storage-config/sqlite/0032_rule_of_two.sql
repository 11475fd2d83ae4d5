-- Once two operators have had a second factor, letting anybody in takes two at the machine as well, for good: neither a lost
-- phone nor a lost sealing key makes one of them enough. A row says that it was so.
CREATE TABLE rule_of_two (
    one BIGINT PRIMARY KEY CHECK (one = 1)
);
INSERT INTO rule_of_two (one)
SELECT 1
WHERE (SELECT COUNT(*) FROM person p JOIN account a ON a.id = p.account
       WHERE a.kind = 'operator' AND p.totp IS NOT NULL) >= 2;
