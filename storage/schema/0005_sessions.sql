-- Sessions: pages and programs that have logged in with an account's password, and go on with a secret of their own.
--
-- As in step 1: texts from the wire are bytea, times are seconds or milliseconds since 1970 as the nodes give them, and
-- there are no foreign keys.

-- Of the secret only its digest hashes are kept. `password` is the account's ha1_sha256 when the session was made: with
-- another one the session is over, however it came there. used_at is written now and then; expires_at is a lease, later
-- than the end by as much as used_at may lag behind.
CREATE TABLE sessions (
	id bigint PRIMARY KEY,
	account_id bigint NOT NULL,
	created_at bigint NOT NULL,
	stays smallint NOT NULL,
	used_at bigint NOT NULL,
	expires_at bigint NOT NULL,
	ha1_md5 bytea NOT NULL CHECK (octet_length(ha1_md5) = 16),
	ha1_sha256 bytea NOT NULL CHECK (octet_length(ha1_sha256) = 32),
	password bytea NOT NULL CHECK (octet_length(password) = 32),
	name bytea NOT NULL,
	device bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX sessions_account ON sessions (account_id);

-- What a session has registered and subscribed to ends with it; 0: it was done with the password.
ALTER TABLE bindings ADD COLUMN session_id bigint NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN session_id bigint NOT NULL DEFAULT 0;
