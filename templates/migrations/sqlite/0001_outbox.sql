-- The transactional outbox, and what its relay remembers.
--
-- SQLite has one writer at a time, so the order of ids is the order of commits and a position is all the relay needs.
-- Times are text in UTC, ids of events the 16 bytes of their UUIDs.

CREATE TABLE tidings_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    partition INTEGER NOT NULL CHECK (partition >= 0),
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    event_type TEXT NOT NULL,
    event_version INTEGER NOT NULL CHECK (event_version >= 1),
    -- The partition key. Events with equal keys are published in the order of their commits.
    key TEXT NOT NULL,
    tenant_id TEXT,
    -- The envelope without the payload: JSON.
    headers TEXT NOT NULL CHECK (json_valid(headers)),
    -- The payload as it is published: JSON in UTF-8.
    payload BLOB NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

-- One row per group of relays, of which one leads. Whoever takes the lead raises the epoch; a write under an older epoch
-- is refused.
CREATE TABLE tidings_relay (
    relay_group TEXT NOT NULL PRIMARY KEY,
    -- Part of the name under which the broker knows the relays of this outbox, and of no other.
    publisher TEXT NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    epoch INTEGER NOT NULL DEFAULT 0,
    leader TEXT,
    led_until TEXT,
    -- Number of the last window, and the id of the last row in it.
    last_window INTEGER NOT NULL DEFAULT 0,
    last_id INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Windows that are not known to be published, and recent ones that could have to be published again.
CREATE TABLE tidings_relay_window (
    relay_group TEXT NOT NULL REFERENCES tidings_relay,
    number INTEGER NOT NULL CHECK (number >= 1),
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    -- The publishing id of the first row of each partition: a list for each stream, in JSON. Written before anything is
    -- published: the same rows get the same ids again after a crash, and the broker drops what it has.
    first_ids TEXT NOT NULL CHECK (json_valid(first_ids)),
    -- The ids behind its last rows, once all of them are confirmed.
    next_ids TEXT CHECK (json_valid(next_ids)),
    opened_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    published_at TEXT,
    PRIMARY KEY (relay_group, number)
) STRICT;
