//! What a publisher adds to a registry, and what is refused.

mod again;
mod archive_sources;
mod bad_packs;
mod bundle_outputs;
mod component_findings;
mod corrected;
mod dependencies;
mod editor_schemas;
mod editors;
mod foreign_packs;
mod git_sources;
mod inspected;
mod linted;
mod logins;
mod pack_files;
mod pack_sets;
mod proxies;
mod public_packages;
mod python_requirements;
mod python_wheels;
mod reproducible;
mod source_builds;
mod targets;
mod vendoring;
mod verified;
mod workflow_findings;
