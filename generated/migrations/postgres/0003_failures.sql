-- Events that failed: parked until the next attempt, or dead.

-- The first event of a key that fails blocks the key; later events of the key wait behind it, the partition goes on.
CREATE TABLE tidings_parked (
    consumer text NOT NULL,
    stream text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    event_version integer NOT NULL,
    tenant_id text,
    headers jsonb NOT NULL,
    payload bytea NOT NULL,
    -- Counted when an attempt begins, so that an event that kills the process is counted too.
    attempts integer NOT NULL DEFAULT 0,
    -- `NULL`: waits for an earlier event of its key.
    next_attempt_at timestamptz,
    first_failed_at timestamptz,
    last_failed_at timestamptz,
    error text,
    -- The causes of the error, outermost first.
    causes text[],
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, stream, partition, "offset")
);

CREATE INDEX tidings_parked_by_key ON tidings_parked (consumer, stream, partition, key, "offset");

-- Events that no attempt could handle, and what became of them.
CREATE TABLE tidings_dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    stream text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    event_version integer NOT NULL,
    tenant_id text,
    headers jsonb NOT NULL,
    payload bytea NOT NULL,
    attempts integer NOT NULL,
    first_failed_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    error text NOT NULL,
    causes text[] NOT NULL DEFAULT '{}',
    backtrace text,
    -- Whether later events of the key wait until a person has decided.
    halts_key boolean NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'retried', 'discarded')),
    decided_at timestamptz,
    decided_by text,
    reason text,
    UNIQUE (consumer, stream, partition, "offset")
);

CREATE INDEX tidings_dead_letter_waiting ON tidings_dead_letter (consumer, id) WHERE state = 'waiting';
CREATE INDEX tidings_dead_letter_halting ON tidings_dead_letter (consumer, stream, partition, key)
    WHERE state = 'waiting' AND halts_key;

-- What operators did to events: who, what, why.
CREATE TABLE tidings_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    operator text NOT NULL,
    action text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'
);
