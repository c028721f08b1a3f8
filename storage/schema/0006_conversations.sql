-- The history of conversations: what a message is, whose it is, and who talks with whom.
--
-- As in step 1: texts from the wire are bytea, times as the nodes give them, and there are no foreign keys.

-- kind: 0 something else, 1 a text, 2 a receipt (RFC 5438). A text is what stands in the body from the byte text_at on:
-- UTF-8 without NUL, so that SQL may convert it. expired: the time was over before any device took it, which the debts
-- tell only as long as they are there.
ALTER TABLE messages
	ADD COLUMN kind smallint NOT NULL DEFAULT 0,
	ADD COLUMN text_at integer NOT NULL DEFAULT 0,
	ADD COLUMN expired boolean NOT NULL DEFAULT false;

-- Senders who are no accounts were all 0. Those who were at that time, and whose messages the server had sent for them,
-- get their number, the others one of their own below zero: 63 bits of SHA-256 over the address.
UPDATE messages m SET sender_id = coalesce(
	(SELECT a.id FROM accounts a WHERE m.sender = convert_to(a.user_name || '@' || a.domain, 'UTF8')
		AND a.created_at <= to_timestamp(m.received_at / 1000.0)),
	('x' || encode(substring(sha256(m.sender) FROM 1 FOR 8), 'hex'))::bit(64)::bigint | (-9223372036854775808)::bigint)
	WHERE m.sender_id = 0;

-- The messages that were kept before anybody looked what they are. Of those with headers of their own (RFC 3862) only
-- receipts are told from others: their texts are shown, but not found.
CREATE FUNCTION pg_temp.is_text(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM convert_from(bytes, 'UTF8');
	RETURN true;
EXCEPTION WHEN OTHERS THEN
	RETURN false;
END $$;
UPDATE messages SET kind = CASE
		WHEN encode(content_type, 'escape') ~* '^text/plain' THEN CASE WHEN pg_temp.is_text(body) THEN 1 ELSE 0 END
		ELSE 2 END
	WHERE (encode(content_type, 'escape') ~* '^text/plain\s*(;|$)'
			AND encode(content_type, 'escape') !~* 'charset\s*=(?!\s*"?(utf-8|us-ascii)\y)'
			AND encode(headers, 'escape') !~* '(^|\n)(content-encoding|e)\s*:')
		OR encode(content_type, 'escape') ~* '^message/imdn\+xml'
		OR (encode(content_type, 'escape') ~* '^message/cpim'
			AND encode(body, 'escape') ~* '\ncontent-type\s*:\s*message/imdn\+xml');
DROP FUNCTION pg_temp.is_text(bytea);

-- What one account has sent to another is one range of the key, and a conversation two: no message is entered into a
-- further index for being read again (an index by sender would cost a sixth of all that a message costs). A debt says
-- whose message it is, so that it finds it there.
ALTER TABLE messages DROP CONSTRAINT messages_pkey, ADD PRIMARY KEY (receiver_id, sender_id, id);
ALTER TABLE debts ADD COLUMN sender_id bigint;
UPDATE debts d SET sender_id = m.sender_id FROM messages m WHERE m.receiver_id = d.account_id AND m.id = d.message_id;
DELETE FROM debts WHERE sender_id IS NULL;
ALTER TABLE debts ALTER COLUMN sender_id SET NOT NULL;

-- A row for each side that is an account: whom it talks with (an AOR), whose number that is at present, and up to which
-- message it has read. touched_on is the day (since 1970) of a message; it is written once a day, by which rows that
-- nobody needs any more are known.
CREATE TABLE conversations (
	account_id bigint NOT NULL,
	peer_id bigint NOT NULL,
	read_id bigint NOT NULL DEFAULT 0,
	touched_on integer NOT NULL,
	peer bytea NOT NULL CHECK (octet_length(peer) BETWEEN 1 AND 1024),
	PRIMARY KEY (account_id, peer)
) WITH (fillfactor = 80);
INSERT INTO conversations (account_id, peer_id, touched_on, peer)
	SELECT DISTINCT ON (account_id, peer) account_id, peer_id, received_at / 86400000, peer
	FROM (SELECT m.receiver_id AS account_id, m.sender_id AS peer_id, m.received_at, m.sender AS peer, m.id
			FROM messages m JOIN accounts a ON a.id = m.receiver_id WHERE m.kind <> 2
		UNION ALL SELECT m.sender_id, m.receiver_id, m.received_at,
			convert_to(a.user_name || '@' || a.domain, 'UTF8'), m.id
			FROM messages m JOIN accounts a ON a.id = m.receiver_id JOIN accounts s ON s.id = m.sender_id
			WHERE m.kind <> 2) sides
	WHERE octet_length(peer) BETWEEN 1 AND 1024
	ORDER BY account_id, peer, id DESC;

-- By which large and small letters are the same when texts are searched: that of the database may know ASCII alone.
DO $$
DECLARE
	definition text;
BEGIN
	FOREACH definition IN ARRAY ARRAY['provider = icu, locale = ''und''', 'provider = builtin, locale = ''C.UTF-8''',
		'provider = libc, locale = ''C.UTF-8''', 'provider = libc, locale = ''C''']
	LOOP
		BEGIN
			EXECUTE format('CREATE COLLATION heliograph_words (%s)', definition);
			RETURN;
		EXCEPTION WHEN OTHERS THEN
			NULL; -- this PostgreSQL has it not: the next one
		END;
	END LOOP;
	RAISE EXCEPTION 'no collation can be made';
END $$;
