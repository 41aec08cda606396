-- What the row of a workflow was made of: a file that is the same need not be read again.
CREATE TABLE workflow_source (
    workflow INTEGER PRIMARY KEY REFERENCES workflow_definition (id) ON DELETE CASCADE,
    -- Relative to the pack.
    file TEXT NOT NULL,
    -- The digest of the file; empty where the row is not as it was made of it.
    digest TEXT NOT NULL,
    -- The digest of what else the row was made of: the actions of the pack.
    context TEXT NOT NULL,
    -- The version of the program's reader of workflows.
    reader INTEGER NOT NULL,
    -- The findings of the file that stop nothing.
    warnings TEXT NOT NULL DEFAULT '[]'
);

-- What the workflows of a pack were made of: where that is the same, none of its files is looked into.
CREATE TABLE workflow_pack (
    pack INTEGER PRIMARY KEY REFERENCES pack (id) ON DELETE CASCADE,
    -- The release's manifest, the list of its tree, and the version of the reader.
    source TEXT NOT NULL,
    workflows INTEGER NOT NULL
);

CREATE TRIGGER workflow_definition_changed
AFTER UPDATE ON workflow_definition
BEGIN
    UPDATE workflow_source SET digest = '' WHERE workflow = NEW.id;
END;

-- Workflows, each with the action that runs it.
CREATE VIEW workflow_action_link AS
SELECT
    wd.id AS workflow_def_id,
    wd.ref AS workflow_ref,
    wd.label,
    wd.version,
    a.id AS action_id,
    a.ref AS action_ref,
    wd.pack,
    wd.pack_ref,
    wd.created,
    wd.updated
FROM workflow_definition wd
LEFT JOIN action a ON a.workflow_def = wd.id;

-- Queues had their fields in one column.
ALTER TABLE work_queue ADD COLUMN default_priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE work_queue ADD COLUMN allow_pending_update INTEGER NOT NULL DEFAULT 0;
ALTER TABLE work_queue ADD COLUMN update_strategy TEXT NOT NULL DEFAULT 'replace'
    CHECK (update_strategy IN ('immutable', 'replace', 'merge_patch'));
ALTER TABLE work_queue ADD COLUMN batch_mode TEXT NOT NULL DEFAULT 'single'
    CHECK (batch_mode IN ('single', 'batch'));
ALTER TABLE work_queue ADD COLUMN item_schema TEXT NOT NULL DEFAULT '{}';
ALTER TABLE work_queue ADD COLUMN action_params TEXT NOT NULL DEFAULT '{}';
ALTER TABLE work_queue ADD COLUMN permission_set_refs TEXT;
ALTER TABLE work_queue ADD COLUMN config TEXT NOT NULL DEFAULT '{}';
ALTER TABLE work_queue ADD COLUMN is_adhoc INTEGER NOT NULL DEFAULT 0;

UPDATE work_queue SET
    default_priority = coalesce(cast(json_extract(definition, '$.default_priority') AS INTEGER), 0),
    allow_pending_update = coalesce(json_extract(definition, '$.allow_pending_update'), 0) = 1,
    update_strategy = CASE
        WHEN json_extract(definition, '$.update_strategy') IN ('immutable', 'replace', 'merge_patch')
        THEN json_extract(definition, '$.update_strategy') ELSE 'replace' END,
    batch_mode = CASE
        WHEN json_extract(definition, '$.batch_mode') IN ('single', 'batch')
        THEN json_extract(definition, '$.batch_mode') ELSE 'single' END,
    item_schema = coalesce(json_extract(definition, '$.item_schema'), '{}'),
    action_params = coalesce(json_extract(definition, '$.action_params'), '{}'),
    permission_set_refs = json_extract(definition, '$.permission_set_refs'),
    config = coalesce(json_extract(definition, '$.config'), '{}')
WHERE json_valid(definition);

ALTER TABLE work_queue DROP COLUMN definition;

UPDATE trigger SET webhook_config = '{}' WHERE webhook_config IS NULL;
