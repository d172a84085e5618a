-- How far each consumer has come, and what it has handled.
--
-- Both are written in the transaction of the handler's own effects, so that an event has its effect once.

CREATE TABLE tidings_cursor (
    consumer TEXT NOT NULL,
    stream TEXT NOT NULL,
    partition INTEGER NOT NULL CHECK (partition >= 0),
    -- Offset of the next event to read; `NULL` before the consumer has begun.
    next_offset INTEGER CHECK (next_offset >= 0),
    -- Raised by each instance that takes the partition over; a write under an older epoch is refused.
    epoch INTEGER NOT NULL DEFAULT 0,
    -- The instance that reads it, and until when.
    holder TEXT,
    held_until TEXT,
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (consumer, stream, partition)
) STRICT;

-- Instances of consumers that are there, among which partitions are shared out.
CREATE TABLE tidings_consumer_instance (
    consumer TEXT NOT NULL,
    instance BLOB NOT NULL CHECK (length(instance) = 16),
    seen_until TEXT NOT NULL,
    PRIMARY KEY (consumer, instance)
) STRICT, WITHOUT ROWID;

-- Ids of handled events, by day, so that those are deleted together of which nothing can come again. The day is that of
-- the id (UUIDv7), never that of the clock.
CREATE TABLE tidings_ledger (
    day TEXT NOT NULL,
    consumer TEXT NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    handled_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (day, consumer, event_id)
) STRICT, WITHOUT ROWID;
