-- Registration of an installed host. Names and columns are Attune's; arrays and JSON are JSON text,
-- enums are text with the same CHECKs, times are RFC 3339 in UTC.

CREATE TABLE IF NOT EXISTS pack (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE CHECK (ref = lower(ref) AND ref GLOB '[a-z][a-z0-9_-]*' AND length(ref) >= 2),
    label TEXT NOT NULL,
    description TEXT,
    version TEXT NOT NULL,
    conf_schema TEXT NOT NULL DEFAULT '{}',
    config TEXT NOT NULL DEFAULT '{}',
    meta TEXT NOT NULL DEFAULT '{}',
    tags TEXT NOT NULL DEFAULT '[]',
    runtime_deps TEXT NOT NULL DEFAULT '[]',
    dependencies TEXT NOT NULL DEFAULT '[]',
    is_standard INTEGER NOT NULL DEFAULT 0,
    installers TEXT NOT NULL DEFAULT '[]',
    source_type TEXT,
    source_url TEXT,
    source_ref TEXT,
    checksum TEXT,
    checksum_verified INTEGER NOT NULL DEFAULT 0,
    installed_at TEXT,
    installed_by INTEGER,
    installation_method TEXT,
    storage_path TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS runtime (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE CHECK (ref = lower(ref)),
    pack INTEGER REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT,
    description TEXT,
    name TEXT NOT NULL,
    aliases TEXT NOT NULL DEFAULT '[]',
    distributions TEXT NOT NULL DEFAULT '{}',
    installation TEXT,
    installers TEXT NOT NULL DEFAULT '[]',
    execution_config TEXT NOT NULL DEFAULT '{}',
    auto_detected INTEGER NOT NULL DEFAULT 0,
    detection_config TEXT NOT NULL DEFAULT '{}',
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS runtime_version (
    id INTEGER PRIMARY KEY,
    runtime INTEGER NOT NULL REFERENCES runtime (id) ON DELETE CASCADE,
    runtime_ref TEXT NOT NULL,
    version TEXT NOT NULL,
    version_major INTEGER,
    version_minor INTEGER,
    version_patch INTEGER,
    execution_config TEXT NOT NULL DEFAULT '{}',
    distributions TEXT NOT NULL DEFAULT '{}',
    is_default INTEGER NOT NULL DEFAULT 0,
    available INTEGER NOT NULL DEFAULT 1,
    verified_at TEXT,
    meta TEXT NOT NULL DEFAULT '{}',
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    UNIQUE (runtime, version)
);

CREATE TABLE IF NOT EXISTS permission_set (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT,
    label TEXT,
    description TEXT,
    grants TEXT NOT NULL DEFAULT '[]',
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS workflow_definition (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT,
    version TEXT NOT NULL,
    param_schema TEXT,
    out_schema TEXT,
    definition TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]',
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS action (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT,
    entrypoint TEXT NOT NULL,
    runtime INTEGER REFERENCES runtime (id),
    param_schema TEXT,
    out_schema TEXT,
    parameter_delivery TEXT NOT NULL DEFAULT 'stdin' CHECK (parameter_delivery IN ('stdin', 'file')),
    parameter_format TEXT NOT NULL DEFAULT 'json' CHECK (parameter_format IN ('dotenv', 'json', 'yaml')),
    output_format TEXT NOT NULL DEFAULT 'text' CHECK (output_format IN ('text', 'json', 'yaml', 'jsonl')),
    is_adhoc INTEGER NOT NULL DEFAULT 0,
    timeout_seconds INTEGER,
    max_retries INTEGER DEFAULT 0,
    runtime_version_constraint TEXT,
    accesses_mcp INTEGER NOT NULL DEFAULT 0,
    default_execution_permission_set_refs TEXT NOT NULL DEFAULT '[]',
    log_retention_policy TEXT,
    log_retention_limit INTEGER CHECK (log_retention_limit > 0),
    artifact_retention_policy TEXT,
    artifact_retention_limit INTEGER CHECK (artifact_retention_limit > 0),
    workflow_def INTEGER REFERENCES workflow_definition (id) ON DELETE CASCADE,
    required_worker_runtimes TEXT NOT NULL DEFAULT '{}',
    worker_selector TEXT NOT NULL DEFAULT '{}',
    worker_affinity TEXT NOT NULL DEFAULT '{}',
    worker_tolerations TEXT NOT NULL DEFAULT '[]',
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS sensor (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT,
    label TEXT NOT NULL,
    description TEXT,
    entrypoint TEXT NOT NULL,
    runtime INTEGER NOT NULL REFERENCES runtime (id) ON DELETE CASCADE,
    runtime_ref TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    is_adhoc INTEGER NOT NULL DEFAULT 0,
    param_schema TEXT,
    config TEXT,
    runtime_version_constraint TEXT,
    worker_selector TEXT NOT NULL DEFAULT '{}',
    worker_affinity TEXT NOT NULL DEFAULT '{}',
    worker_tolerations TEXT NOT NULL DEFAULT '[]',
    log_retention_policy TEXT,
    log_retention_limit INTEGER CHECK (log_retention_limit > 0),
    artifact_retention_policy TEXT,
    artifact_retention_limit INTEGER CHECK (artifact_retention_limit > 0),
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS trigger (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT,
    label TEXT NOT NULL,
    description TEXT,
    enabled INTEGER NOT NULL DEFAULT 1,
    is_adhoc INTEGER NOT NULL DEFAULT 0,
    param_schema TEXT,
    out_schema TEXT,
    webhook_enabled INTEGER NOT NULL DEFAULT 0,
    webhook_key TEXT UNIQUE,
    webhook_config TEXT,
    sensor INTEGER REFERENCES sensor (id) ON DELETE SET NULL,
    sensor_ref TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS rule (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT,
    action INTEGER REFERENCES action (id) ON DELETE SET NULL,
    action_ref TEXT NOT NULL,
    trigger INTEGER REFERENCES trigger (id) ON DELETE SET NULL,
    trigger_ref TEXT NOT NULL,
    conditions TEXT NOT NULL DEFAULT '[]',
    action_params TEXT NOT NULL DEFAULT '{}',
    trigger_params TEXT NOT NULL DEFAULT '{}',
    permission_set_refs TEXT,
    enabled INTEGER NOT NULL,
    is_adhoc INTEGER NOT NULL DEFAULT 0,
    owner_identity INTEGER,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS policy (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT,
    action INTEGER REFERENCES action (id) ON DELETE CASCADE,
    action_ref TEXT,
    parameters TEXT NOT NULL DEFAULT '[]',
    method TEXT NOT NULL CHECK (method IN ('cancel', 'enqueue')),
    threshold INTEGER NOT NULL CHECK (threshold > 0),
    name TEXT NOT NULL,
    description TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS work_queue (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    pack INTEGER REFERENCES pack (id) ON DELETE SET NULL,
    pack_ref TEXT,
    label TEXT NOT NULL,
    description TEXT,
    dispatch_action INTEGER REFERENCES action (id) ON DELETE SET NULL,
    dispatch_action_ref TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1,
    accepting_new_items INTEGER NOT NULL DEFAULT 1,
    definition TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS pack_environment (
    id INTEGER PRIMARY KEY,
    pack INTEGER NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref TEXT NOT NULL,
    runtime INTEGER NOT NULL REFERENCES runtime (id) ON DELETE CASCADE,
    runtime_ref TEXT NOT NULL,
    runtime_version INTEGER,
    runtime_version_text TEXT,
    env_key TEXT NOT NULL UNIQUE,
    env_path TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'installing', 'ready', 'failed', 'outdated')),
    manifest_checksum TEXT,
    claimed_by_worker INTEGER,
    claim_expires_at TEXT,
    installed_at TEXT,
    last_verified TEXT,
    install_log TEXT,
    install_error TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS pack_test_execution (
    id INTEGER PRIMARY KEY,
    pack_id INTEGER NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_version TEXT NOT NULL,
    execution_time TEXT NOT NULL,
    trigger_reason TEXT NOT NULL CHECK (trigger_reason IN ('install', 'update', 'manual', 'validation')),
    total_tests INTEGER NOT NULL CHECK (total_tests >= 0),
    passed INTEGER NOT NULL CHECK (passed >= 0),
    failed INTEGER NOT NULL CHECK (failed >= 0),
    skipped INTEGER NOT NULL CHECK (skipped >= 0),
    pass_rate REAL NOT NULL CHECK (pass_rate BETWEEN 0 AND 1),
    duration_ms INTEGER NOT NULL,
    result TEXT NOT NULL,
    created TEXT NOT NULL
);

-- Ties the rows to a generation: one row, written in the same transaction as they are.
CREATE TABLE IF NOT EXISTS install_journal (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    previous INTEGER,
    registered_at TEXT NOT NULL
);

-- Environments with their health; an environment that was not verified for seven days is due.
CREATE VIEW IF NOT EXISTS v_pack_environment_status AS
SELECT
    pe.id,
    pe.pack,
    pe.pack_ref,
    p.label AS pack_label,
    pe.runtime,
    pe.runtime_ref,
    r.name AS runtime_name,
    pe.env_path,
    pe.status,
    pe.installed_at,
    pe.last_verified,
    CASE pe.status
        WHEN 'ready' THEN 'healthy'
        WHEN 'failed' THEN 'unhealthy'
        WHEN 'pending' THEN 'provisioning'
        WHEN 'installing' THEN 'provisioning'
        WHEN 'outdated' THEN 'needs_update'
        ELSE 'unknown'
    END AS health_status,
    coalesce(pe.status = 'ready' AND julianday(pe.last_verified) < julianday('now') - 7, 0) AS needs_verification,
    pe.install_error,
    pe.created,
    pe.updated
FROM pack_environment pe
JOIN pack p ON p.id = pe.pack
JOIN runtime r ON r.id = pe.runtime;
