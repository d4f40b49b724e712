-- What is wanted, and its history.
CREATE TABLE revision (
  revision INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  made_by TEXT NOT NULL,
  message TEXT NOT NULL,
  summary TEXT NOT NULL,
  -- NULL: it stays.
  confirm_by TEXT
) STRICT;

-- A document as it is from a revision on.
CREATE TABLE version (
  name TEXT NOT NULL,
  -- Outlives its revision where the document is still as it was then.
  revision INTEGER NOT NULL,
  -- NULL: it is not wanted any more.
  value TEXT,
  PRIMARY KEY (name, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
  name TEXT PRIMARY KEY,
  report TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;

-- What was known last of a store that is elsewhere.
CREATE TABLE remembered (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL,
  confirm_by TEXT,
  documents TEXT NOT NULL
) STRICT;

-- Who may ask over TCP. Secrets are kept as SHA-256 of 32 random bytes.
CREATE TABLE token (
  name TEXT PRIMARY KEY,
  scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
  hash BLOB NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  last_used_at TEXT,
  -- The secret before the last rotation.
  old_hash BLOB,
  old_until TEXT
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  made_by TEXT NOT NULL,
  came_from TEXT NOT NULL,
  operation TEXT NOT NULL,
  target TEXT NOT NULL,
  status INTEGER NOT NULL,
  revision INTEGER
) STRICT;

-- What functions declare, by the state of their file: looking at one takes a second.
CREATE TABLE description (
  file TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  description TEXT NOT NULL
) STRICT;
