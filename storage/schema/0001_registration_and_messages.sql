-- Accounts, devices, bindings and messages.
--
-- Texts that come from the wire are bytea: they may hold any byte. Times are seconds or milliseconds since 1970,
-- given by the nodes. There are no foreign keys: a check for each row costs more than the row, and an
-- account is removed together with what is its own in one statement.

CREATE TABLE settings (
	name text COLLATE "C" PRIMARY KEY,
	value bytea NOT NULL
);

CREATE TABLE accounts (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_name text COLLATE "C" NOT NULL,
	domain text COLLATE "C" NOT NULL,
	ha1_md5 bytea NOT NULL CHECK (octet_length(ha1_md5) = 16),
	ha1_sha256 bytea NOT NULL CHECK (octet_length(ha1_sha256) = 32),
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (user_name, domain)
);

-- last_seen is exact to a day, so that a refreshed registration writes nothing here.
CREATE TABLE devices (
	account_id bigint NOT NULL,
	device_id bigint NOT NULL,
	first_seen bigint NOT NULL,
	last_seen bigint NOT NULL,
	instance bytea NOT NULL,
	PRIMARY KEY (account_id, device_id)
);

-- A refresh changes no indexed column and finds room in its page (fillfactor), so no index is written. That is also
-- why there is no index by expires_at: purging walks the primary key in slices instead.
-- key_id is 64 bits of SHA-256 over the key.
CREATE TABLE bindings (
	account_id bigint NOT NULL,
	key_id bigint NOT NULL,
	device_id bigint NOT NULL,
	registered_at bigint NOT NULL,
	expires_at bigint NOT NULL,
	cseq bigint NOT NULL,
	reg_id bigint NOT NULL,
	granted integer NOT NULL,
	q smallint NOT NULL,
	node smallint NOT NULL,
	key bytea NOT NULL,
	contact bytea NOT NULL,
	parameters bytea NOT NULL,
	instance bytea NOT NULL,
	path bytea NOT NULL,
	call_id bytea NOT NULL,
	user_agent bytea NOT NULL,
	flow bytea NOT NULL,
	PRIMARY KEY (account_id, key_id)
) WITH (fillfactor = 50);

-- identity is 128 bits of SHA-256 over sender, receiver, Call-ID and CSeq: the same MESSAGE is kept once.
-- What an account has sent is found through its correspondents' rows. An index by sender would cost a sixth of
-- all that a message costs (3 of 19 microseconds); it comes with the first reader that needs it.
CREATE TABLE messages (
	id bigint NOT NULL,
	receiver_id bigint NOT NULL,
	sender_id bigint NOT NULL,
	received_at bigint NOT NULL,
	expires_at bigint NOT NULL,
	cseq bigint NOT NULL,
	identity uuid NOT NULL,
	sender bytea NOT NULL,
	call_id bytea NOT NULL,
	request_uri bytea NOT NULL,
	from_value bytea NOT NULL,
	to_value bytea NOT NULL,
	headers bytea NOT NULL,
	content_type bytea NOT NULL,
	body bytea NOT NULL,
	PRIMARY KEY (receiver_id, id)
);
CREATE UNIQUE INDEX messages_identity ON messages (identity);
-- Rows come in order of time and never change: a few bytes for each megabyte find what is old.
CREATE INDEX messages_received_at ON messages USING brin (received_at) WITH (autosummarize = on);

-- Device 0 stands for whoever comes first: owed what no device has taken.
CREATE TABLE debts (
	account_id bigint NOT NULL,
	message_id bigint NOT NULL,
	device_id bigint NOT NULL,
	expires_at bigint NOT NULL,
	PRIMARY KEY (account_id, message_id, device_id)
);
CREATE INDEX debts_expires_at ON debts USING brin (expires_at) WITH (autosummarize = on);
