-- The transactional outbox, and what its relay remembers.
--
-- A service inserts a row in the transaction that changes its own tables. The relay publishes the rows in windows: those
-- visible in one database snapshot and not in the one before. Rows are never updated and never deleted one by one; a
-- segment whose windows are all published, and old enough, is truncated as a whole.

CREATE SEQUENCE tidings_outbox_id AS bigint;

CREATE TABLE tidings_outbox (
    segment smallint NOT NULL,
    id bigint NOT NULL DEFAULT nextval('tidings_outbox_id'),
    -- Decides the window. An id may be drawn long before its row can be seen, so ids order rows within a window only.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    stream text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    event_version integer NOT NULL CHECK (event_version >= 1),
    -- The partition key. Events with equal keys are published in the order of their commits.
    key text NOT NULL,
    tenant_id text,
    -- The envelope without the payload.
    headers json NOT NULL,
    -- The payload as it is published: JSON in UTF-8.
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY LIST (segment);

CREATE TABLE tidings_outbox_0 PARTITION OF tidings_outbox FOR VALUES IN (0);
CREATE TABLE tidings_outbox_1 PARTITION OF tidings_outbox FOR VALUES IN (1);
CREATE TABLE tidings_outbox_2 PARTITION OF tidings_outbox FOR VALUES IN (2);

-- One finds the rows of a window, the other reads them in order.
CREATE INDEX tidings_outbox_by_xid ON tidings_outbox (xid, id);
CREATE INDEX tidings_outbox_by_id ON tidings_outbox (id);

-- Which segment rows go to. One is live; when it closes, it stays until every row is published and was kept long enough.
CREATE TABLE tidings_outbox_segment (
    segment smallint PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('empty', 'live', 'closed')),
    -- When it began to be in this state.
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE UNIQUE INDEX tidings_outbox_segment_live ON tidings_outbox_segment (state) WHERE state = 'live';

INSERT INTO tidings_outbox_segment (segment, state) VALUES (0, 'live'), (1, 'empty'), (2, 'empty');

-- One row per group of relays, of which one leads. Whoever takes the lead raises the epoch; a write under an older epoch
-- is refused.
CREATE TABLE tidings_relay (
    relay_group text PRIMARY KEY,
    -- Part of the name under which the broker knows the relays of this outbox, and of no other.
    publisher uuid NOT NULL DEFAULT gen_random_uuid(),
    epoch bigint NOT NULL DEFAULT 0,
    leader text,
    led_since timestamptz,
    -- Number of the last window, and the snapshot that ends it.
    last_window bigint NOT NULL DEFAULT 0,
    last_snapshot pg_snapshot
);

-- Windows that are not known to be published, and recent ones that could have to be published again.
CREATE TABLE tidings_relay_window (
    relay_group text NOT NULL REFERENCES tidings_relay,
    number bigint NOT NULL CHECK (number >= 1),
    begins pg_snapshot NOT NULL,
    ends pg_snapshot NOT NULL,
    -- The publishing id of the first row of each partition: a list for each stream. Written before anything is published:
    -- the same rows get the same ids again after a crash, and the broker drops what it has.
    first_ids jsonb NOT NULL,
    -- The ids behind its last rows, once all of them are confirmed.
    next_ids jsonb,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    PRIMARY KEY (relay_group, number)
);
