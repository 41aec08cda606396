-- The digest of generation.json of the generation that the rows are of; null where an earlier program wrote them.
ALTER TABLE install_journal ADD COLUMN lock_digest TEXT;
