-- Subscriptions, publications, voicemail boxes and the API's tokens.
--
-- As in step 1: texts from the wire are bytea, times are seconds or milliseconds since 1970 as the nodes give them, and
-- there are no foreign keys. What changes with each refresh stands together in a row, so that the log, which leaves out
-- what a new version has in common with the old one at both ends, carries little more than that.

-- Ids grow with time, so that the one index grows at its end. A refresh changes no indexed column and finds room in its
-- page (fillfactor; subscriptions that came together are refreshed together): no index is written. expires_at is
-- the end of a lease, later than what the watcher was told.
CREATE TABLE subscriptions (
	id bigint PRIMARY KEY,
	watcher_id bigint NOT NULL,
	device_id bigint NOT NULL,
	created_at bigint NOT NULL,
	expires_at bigint NOT NULL,
	granted bigint NOT NULL,
	local_cseq bigint NOT NULL,
	remote_cseq bigint NOT NULL,
	generation bigint NOT NULL,
	least_interval bigint NOT NULL,
	most_interval bigint NOT NULL,
	is_adaptive bigint NOT NULL,
	node smallint NOT NULL,
	target bytea NOT NULL,
	flow bytea NOT NULL,
	route_set bytea NOT NULL,
	profile bytea NOT NULL,
	media_type bytea NOT NULL,
	package bytea NOT NULL,
	resource bytea NOT NULL,
	event_id bytea NOT NULL,
	call_id bytea NOT NULL,
	local_tag bytea NOT NULL,
	remote_tag bytea NOT NULL,
	local_aor bytea NOT NULL,
	remote_aor bytea NOT NULL
) WITH (fillfactor = 50);

-- Bodies of the usual size stay in their row, and are not compressed: that would cost more than the bytes do.
CREATE TABLE publications (
	id bigint PRIMARY KEY,
	publisher_id bigint NOT NULL,
	device_id bigint NOT NULL,
	expires_at bigint NOT NULL,
	published_at bigint NOT NULL,
	revision bigint NOT NULL,
	granted bigint NOT NULL,
	package bytea NOT NULL,
	resource bytea NOT NULL,
	source bytea NOT NULL,
	content_type bytea NOT NULL,
	body bytea NOT NULL
) WITH (fillfactor = 50, toast_tuple_target = 4080);
ALTER TABLE publications ALTER COLUMN body SET STORAGE EXTERNAL;

-- What waits in a mailbox, a row for each class of messages ("voice", "fax" …).
CREATE TABLE mailboxes (
	mailbox text COLLATE "C" NOT NULL CHECK (octet_length(mailbox) BETWEEN 1 AND 255),
	class_name text COLLATE "C" NOT NULL CHECK (octet_length(class_name) BETWEEN 1 AND 255),
	fresh bigint NOT NULL,
	old bigint NOT NULL,
	urgent_fresh bigint NOT NULL,
	urgent_old bigint NOT NULL,
	PRIMARY KEY (mailbox, class_name)
) WITH (fillfactor = 50);

-- Who uses a mailbox besides the account of its name.
CREATE TABLE mailbox_users (
	mailbox text COLLATE "C" NOT NULL CHECK (octet_length(mailbox) BETWEEN 1 AND 255),
	user_name text COLLATE "C" NOT NULL CHECK (octet_length(user_name) BETWEEN 1 AND 255),
	PRIMARY KEY (mailbox, user_name)
);

-- hash is SHA-256 of the token, which itself is kept nowhere. expires_at 0: never.
CREATE TABLE tokens (
	hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
	name text COLLATE "C" NOT NULL UNIQUE,
	scopes text NOT NULL,
	created_at bigint NOT NULL,
	expires_at bigint NOT NULL
);

-- Each process takes the next number at its start.
CREATE SEQUENCE generations;
