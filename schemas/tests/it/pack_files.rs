//! A pack in memory: what `lint_pack` sees of a directory.

use std::collections::BTreeMap;

use attune_schemas::EntryPath;
use attune_schemas::lint::{Code, Finding, LintReport, PackContent, lint_pack};

/// The files of a pack, by path.
#[derive(Clone)]
pub(crate) struct PackFiles {
    files: BTreeMap<EntryPath, Vec<u8>>,
    content: PackContent,
}

impl PackFiles {
    /// A pack with nothing but a `pack.yaml` without defects, named `weather`.
    pub(crate) fn least() -> Self {
        Self::empty().with("pack.yaml", "ref: weather\nlabel: Weather\nversion: 1.2.3\n")
    }

    /// No files at all.
    pub(crate) fn empty() -> Self {
        Self { files: BTreeMap::new(), content: PackContent::default() }
    }

    /// The same with one more file, or another text in it.
    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        self.with_bytes(path, text.as_bytes())
    }

    /// The same with one more line in `pack.yaml`.
    pub(crate) fn with_field(self, line: &str) -> Self {
        let text = format!("ref: weather\nlabel: Weather\nversion: 1.2.3\n{line}\n");
        self.with("pack.yaml", &text)
    }

    /// The same with one more file of any bytes.
    pub(crate) fn with_bytes(mut self, path: &str, bytes: &[u8]) -> Self {
        let path: EntryPath = path.parse().expect("a path of a pack");
        self.content.files.insert(path.clone());
        self.files.insert(path, bytes.to_owned());
        self
    }

    /// The same with an empty directory.
    pub(crate) fn with_empty_directory(mut self, path: &str) -> Self {
        self.content.empty_directories.insert(path.to_owned());
        self
    }

    /// The same with a file or directory that is left out.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.content.left_out.insert(path.to_owned(), "matches `x` in `.packignore`".to_owned());
        self
    }

    pub(crate) fn lint(&self) -> LintReport {
        lint_pack(&self.content, &|file| self.files.get(file).cloned())
    }

    /// The codes that the pack raises, in the order of files and lines.
    pub(crate) fn codes(&self) -> Vec<Code> {
        self.lint().findings.iter().map(|finding| finding.code).collect()
    }

    /// The first finding with `code`.
    pub(crate) fn finding(&self, code: Code) -> Finding {
        let report = self.lint();
        let finding = report.findings.iter().find(|finding| finding.code == code).cloned();
        finding.unwrap_or_else(|| panic!("no {code} among {:#?}", report.findings))
    }
}
