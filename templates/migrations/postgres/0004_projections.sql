-- Read models: how far each has come, and whether it is being built anew.

CREATE TABLE tidings_projection (
    projection text PRIMARY KEY,
    -- Raised by each rebuild; its cursors are those of the consumer `PROJECTION#GENERATION`.
    generation integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'rebuilding', 'paused')),
    -- When the newest event it has seen happened: its freshness.
    newest_event_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
