-- Orchestrated flows: where each run stands, and when to stop waiting.

CREATE TABLE tidings_saga (
    flow TEXT NOT NULL,
    -- What is the same in every event of one run.
    correlation TEXT NOT NULL,
    step TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'compensating', 'completed', 'failed')),
    data TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data)),
    -- Raised by each change: two instances that read the same state cannot both change it.
    revision INTEGER NOT NULL DEFAULT 1,
    deadline TEXT,
    started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (flow, correlation)
) STRICT;

CREATE INDEX tidings_saga_deadline ON tidings_saga (deadline) WHERE state IN ('running', 'compensating');

-- Steps taken, in order: what must be compensated when a later one fails.
CREATE TABLE tidings_saga_step (
    flow TEXT NOT NULL,
    correlation TEXT NOT NULL,
    number INTEGER NOT NULL,
    step TEXT NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'failed', 'timed_out', 'compensated')),
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (flow, correlation, number),
    FOREIGN KEY (flow, correlation) REFERENCES tidings_saga ON DELETE CASCADE
) STRICT;
