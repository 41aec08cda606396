-- Every operation that changed the host, written in the same transaction as its rows.
CREATE TABLE operation (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    generation INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    lock_digest TEXT NOT NULL,
    started_at TEXT NOT NULL,
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    user TEXT NOT NULL,
    command TEXT NOT NULL,
    source TEXT,
    forced TEXT NOT NULL DEFAULT '[]',
    packs TEXT NOT NULL DEFAULT '[]'
);
