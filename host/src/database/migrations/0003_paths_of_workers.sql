-- Workers look for environments of Node.js under its name, `node.js`, and their rows say so.
UPDATE pack_environment
SET env_path = substr(env_path, 1, length(env_path) - length('nodejs')) || 'node.js'
WHERE env_path LIKE '%/nodejs' AND runtime_version_text IS NULL;

UPDATE pack_environment
SET env_path = substr(env_path, 1, length(env_path) - length('nodejs-' || runtime_version_text))
    || 'node.js-' || runtime_version_text
WHERE env_path LIKE '%/nodejs-' || runtime_version_text;
