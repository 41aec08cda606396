//! Sets of requirements as real projects have them, one pack each: with attune-install and with uv.

use std::path::{Path, PathBuf};

use crate::measure;
use crate::packs;
use crate::peers;
use crate::report;
use crate::tools::Tools;
use crate::workload::Workload;

/// The name of a set, and its requirements.
const SETS: [(&str, &[&str]); 10] = [
    (
        "scientific",
        &["numpy==1.26.4", "scipy==1.13.1", "pandas==2.2.2", "matplotlib==3.9.2", "scikit-learn==1.5.1"],
    ),
    ("documents", &["sphinx==8.0.2", "myst-parser==4.0.0", "sphinx-rtd-theme==3.0.0"]),
    ("data", &["pyarrow==17.0.0", "pandas==2.2.2", "duckdb==1.1.0", "sqlalchemy==2.0.35"]),
    ("django", &["django==5.1.1", "djangorestframework==3.15.2", "celery==5.4.0", "redis==5.0.8"]),
    (
        "fastapi",
        &["fastapi==0.115.0", "uvicorn[standard]==0.30.6", "alembic==1.13.2", "pydantic-settings==2.5.2"],
    ),
    ("flask", &["flask==3.0.3", "flask-sqlalchemy==3.1.1", "flask-migrate==4.0.7", "gunicorn==23.0.0"]),
    ("aws", &["boto3==1.34.162", "cfn-lint==1.10.3"]),
    ("google_cloud", &["google-cloud-storage==2.18.2", "google-cloud-bigquery==3.25.0"]),
    ("azure", &["azure-identity==1.17.1", "azure-mgmt-compute==33.0.0", "azure-storage-blob==12.22.0"]),
    ("network", &["napalm==5.0.0", "netmiko==4.4.0", "scapy==2.5.0", "ansible-core==2.17.3"]),
];

/// The sets as workloads below `place`.
pub(crate) fn workloads(place: &Path) -> Vec<(&'static str, Workload)> {
    let workload = |&(name, requirements): &(&'static str, &[&str])| {
        let pack: PathBuf = place.join("packs").join(name);
        packs::write_python(&pack, name, "1.0.0", requirements);
        (name, Workload::build(&place.join(name), name, &[pack]))
    };
    SETS.iter().map(workload).collect()
}

/// A table with a line a set, of runs below `place`.
pub(crate) fn table(
    title: &str,
    workloads: &[(&'static str, Workload)],
    tools: &Tools,
    repeat: usize,
    place: &Path,
) -> String {
    let lines = workloads.iter().map(|(name, workload)| {
        let series = measure::interleaved(&peers::set(workload, tools), repeat, place);
        report::set_line(name, workload.wheels(), &series)
    });
    report::set_head(title) + &lines.collect::<String>()
}
