-- Read models: how far each has come, and whether it is being built anew.

CREATE TABLE tidings_projection (
    projection TEXT NOT NULL PRIMARY KEY,
    -- Raised by each rebuild; its cursors are those of the consumer `PROJECTION#GENERATION`.
    generation INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'rebuilding', 'paused')),
    -- When the newest event it has seen happened: its freshness.
    newest_event_at TEXT,
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
