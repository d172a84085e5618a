-- Events that failed: parked until the next attempt, or dead.

-- The first event of a key that fails blocks the key; later events of the key wait behind it, the partition goes on.
CREATE TABLE tidings_parked (
    consumer TEXT NOT NULL,
    stream TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    key TEXT NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    event_type TEXT NOT NULL,
    event_version INTEGER NOT NULL,
    tenant_id TEXT,
    headers TEXT NOT NULL CHECK (json_valid(headers)),
    payload BLOB NOT NULL,
    -- Counted when an attempt begins, so that an event that kills the process is counted too.
    attempts INTEGER NOT NULL DEFAULT 0,
    -- `NULL`: waits for an earlier event of its key.
    next_attempt_at TEXT,
    first_failed_at TEXT,
    last_failed_at TEXT,
    error TEXT,
    -- The causes of the error, outermost first.
    causes TEXT CHECK (json_valid(causes)),
    parked_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (consumer, stream, partition, "offset")
) STRICT;

CREATE INDEX tidings_parked_by_key ON tidings_parked (consumer, stream, partition, key, "offset");

-- Events that no attempt could handle, and what became of them.
CREATE TABLE tidings_dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer TEXT NOT NULL,
    stream TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    key TEXT NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    event_type TEXT NOT NULL,
    event_version INTEGER NOT NULL,
    tenant_id TEXT,
    headers TEXT NOT NULL CHECK (json_valid(headers)),
    payload BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    first_failed_at TEXT NOT NULL,
    last_failed_at TEXT NOT NULL,
    error TEXT NOT NULL,
    causes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(causes)),
    backtrace TEXT,
    -- Whether later events of the key wait until a person has decided.
    halts_key INTEGER NOT NULL CHECK (halts_key IN (0, 1)),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'retried', 'discarded')),
    decided_at TEXT,
    decided_by TEXT,
    reason TEXT,
    UNIQUE (consumer, stream, partition, "offset")
) STRICT;

CREATE INDEX tidings_dead_letter_waiting ON tidings_dead_letter (consumer, id) WHERE state = 'waiting';
CREATE INDEX tidings_dead_letter_halting ON tidings_dead_letter (consumer, stream, partition, key)
    WHERE state = 'waiting' AND halts_key;

-- What operators did to events: who, what, why.
CREATE TABLE tidings_audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    operator TEXT NOT NULL,
    action TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details))
) STRICT;
