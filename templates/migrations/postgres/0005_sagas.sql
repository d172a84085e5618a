-- Orchestrated flows: where each run stands, and when to stop waiting.

CREATE TABLE tidings_saga (
    flow text NOT NULL,
    -- What is the same in every event of one run.
    correlation text NOT NULL,
    step text NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'compensating', 'completed', 'failed')),
    data jsonb NOT NULL DEFAULT '{}',
    -- Raised by each change: two instances that read the same state cannot both change it.
    revision bigint NOT NULL DEFAULT 1,
    deadline timestamptz,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (flow, correlation)
);

CREATE INDEX tidings_saga_deadline ON tidings_saga (deadline) WHERE state IN ('running', 'compensating');

-- Steps taken, in order: what must be compensated when a later one fails.
CREATE TABLE tidings_saga_step (
    flow text NOT NULL,
    correlation text NOT NULL,
    number integer NOT NULL,
    step text NOT NULL,
    event_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'failed', 'timed_out', 'compensated')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (flow, correlation, number),
    FOREIGN KEY (flow, correlation) REFERENCES tidings_saga ON DELETE CASCADE
);
