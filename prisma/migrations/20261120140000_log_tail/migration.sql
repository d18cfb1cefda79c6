-- Why: live subscriptions follow the log, and so everything it reports, by transaction: what became
-- visible since the last look. Appended to in order, so an insert costs a right-most leaf.
-- Locks: writes to log_entries while it builds, about 0.4 s per million rows (PostgreSQL 18, 2 cores).
CREATE INDEX log_entries_xid_idx ON log_entries (xid);

-- Why: how many connections each API key holds open, in every server process together. What a process
-- writes counts while its heartbeat is fresh, so that a killed one stops counting by itself. Both are
-- unlogged: after a crash of PostgreSQL every process writes them again.
-- Locks: nothing, the tables are new.
CREATE UNLOGGED TABLE server_processes (
  id text COLLATE "C" PRIMARY KEY,
  seen_at timestamptz(3) NOT NULL
);

CREATE UNLOGGED TABLE open_connections (
  api_key_id text COLLATE "C" NOT NULL,
  process_id text COLLATE "C" NOT NULL REFERENCES server_processes (id) ON DELETE CASCADE ON UPDATE CASCADE,
  count integer NOT NULL CHECK (count > 0),
  PRIMARY KEY (api_key_id, process_id)
);
CREATE INDEX open_connections_process_id_idx ON open_connections (process_id);
