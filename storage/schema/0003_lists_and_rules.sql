-- XCAP documents, requests to watch, what subscriptions to lists need, and lists for the keys of phones.
--
-- As in step 1: texts from the wire are bytea, times are seconds or milliseconds since 1970 as the nodes give them, and
-- there are no foreign keys.

-- account_id 0: global. The name stands in an index, whose rows are small. A document changes seldom, and XML shrinks well: bodies are compressed as PostgreSQL likes.
CREATE TABLE documents (
	id bigint PRIMARY KEY,
	account_id bigint NOT NULL,
	changed_at bigint NOT NULL,
	application bytea NOT NULL,
	name bytea NOT NULL CHECK (octet_length(name) <= 255),
	etag bytea NOT NULL,
	body bytea NOT NULL,
	UNIQUE (account_id, application, name)
);

-- Who asked to see somebody, and waits for a decision.
CREATE TABLE watch_requests (
	id bigint PRIMARY KEY,
	watcher_id bigint NOT NULL,
	asked_at bigint NOT NULL,
	expires_at bigint NOT NULL,
	package bytea NOT NULL,
	resource bytea NOT NULL
);

-- Rows that are there already are of resources, not of lists, and were asked for without a body. The content is behind
-- what a refresh changes, and a refresh leaves it as it is.
ALTER TABLE subscriptions
	ADD COLUMN is_list smallint NOT NULL DEFAULT 0,
	ADD COLUMN takes_deflate smallint NOT NULL DEFAULT 0,
	ADD COLUMN content_type bytea NOT NULL DEFAULT '',
	ADD COLUMN content bytea NOT NULL DEFAULT '';

-- Lists for the keys of phones, for the administrator to fill: `list` is the user part of the list's URI, `uri` whom
-- the key is for ("sip:bob@example.com", or just "bob"), `name` what it shows. Heliograph reads this table and writes
-- nothing to it. A view can stand in its place, over tables that are there anyway:
--
--	ALTER TABLE phone_lists RENAME TO phone_lists_unused;
--	CREATE VIEW phone_lists AS
--		SELECT team AS list, key_number AS position, extension AS uri, full_name AS name FROM office.keys;
--	GRANT SELECT ON phone_lists TO heliograph;
--
-- Its columns need these names; list, uri and name anything that casts to text, position anything that sorts. Rows
-- without a list or a uri are left out, also those whose list has more than 255 bytes. Steps to come leave alone what
-- is called phone_lists.
CREATE TABLE phone_lists (
	list text COLLATE "C" NOT NULL CHECK (octet_length(list) BETWEEN 1 AND 255),
	position integer NOT NULL,
	uri text NOT NULL CHECK (uri <> ''),
	name text NOT NULL DEFAULT '',
	PRIMARY KEY (list, position)
);
