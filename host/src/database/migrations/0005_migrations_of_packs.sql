-- The migrations of packs that ran with an operation, or were left out.
ALTER TABLE operation ADD COLUMN migrations TEXT NOT NULL DEFAULT '[]';
