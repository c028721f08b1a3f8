-- The users' pictures (RFC 4482 §3.4). name is what their address ends with: random, so that only those find a picture
-- who were told of it. A new picture has a new name, and so may be kept by browsers for ever.
CREATE TABLE icons (
	account_id bigint PRIMARY KEY,
	name text COLLATE "C" NOT NULL UNIQUE,
	media_type text NOT NULL,
	body bytea NOT NULL
);
