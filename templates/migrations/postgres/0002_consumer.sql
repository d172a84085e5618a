-- How far each consumer has come, and what it has handled.
--
-- Both are written in the transaction of the handler's own effects, so that an event has its effect once.

CREATE TABLE tidings_cursor (
    consumer text NOT NULL,
    stream text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    -- Offset of the next event to read; `NULL` before the consumer has begun.
    next_offset bigint CHECK (next_offset >= 0),
    -- Raised by each instance that takes the partition over; a write under an older epoch is refused.
    epoch bigint NOT NULL DEFAULT 0,
    -- The instance that reads it, and until when.
    holder text,
    held_until timestamptz,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, stream, partition)
);

-- Instances of consumers that are there, among which partitions are shared out.
CREATE TABLE tidings_consumer_instance (
    consumer text NOT NULL,
    instance uuid NOT NULL,
    seen_until timestamptz NOT NULL,
    PRIMARY KEY (consumer, instance)
);

-- Ids of handled events, until nothing so old can come again. The day is that of the id (UUIDv7), never that of the clock:
-- equal ids meet. Whoever has many makes partitions for days to come, and drops old ones; without, rows are deleted.
CREATE TABLE tidings_ledger (
    day date NOT NULL,
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (day, consumer, event_id)
) PARTITION BY RANGE (day);

-- For days that have no partition yet: nothing is refused because a partition is missing.
CREATE TABLE tidings_ledger_other PARTITION OF tidings_ledger DEFAULT;
