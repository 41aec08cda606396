//! Builds small wheels, honest and hostile ones.

use attune_schemas::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// So many bytes that no compression makes fewer, always the same ones.
pub fn noise(bytes: usize) -> Vec<u8> {
    let numbers = (0..u32::MAX).map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31));
    numbers.flat_map(u32::to_le_bytes).take(bytes).collect()
}

/// A finished wheel.
#[derive(Debug, Clone)]
pub struct Wheel {
    /// The distribution.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its file name.
    pub filename: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A wheel in the making.
#[derive(Debug, Clone)]
pub struct WheelBuilder {
    name: String,
    version: String,
    tags: String,
    entries: Vec<Entry>,
    scripts: String,
    /// Further lines of METADATA.
    metadata: String,
    /// Lines of the RECORD that no file stands for.
    lies: String,
}

#[derive(Debug, Clone)]
enum Entry {
    File { path: String, content: Vec<u8> },
    Link { path: String, target: String },
}

impl WheelBuilder {
    /// A wheel without modules, for any machine.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            tags: "py3-none-any".to_owned(),
            entries: Vec::new(),
            scripts: String::new(),
            metadata: String::new(),
            lies: String::new(),
        }
    }

    /// Sets the compatibility tags, such as `cp311-cp311-manylinux_2_17_aarch64`.
    #[must_use]
    pub fn tags(mut self, tags: &str) -> Self {
        tags.clone_into(&mut self.tags);
        self
    }

    /// Adds a file; its path is written as it is given.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        self.binary_file(path, content.as_bytes().to_vec())
    }

    /// Adds a file of any bytes.
    #[must_use]
    pub fn binary_file(mut self, path: &str, content: Vec<u8>) -> Self {
        self.entries.push(Entry::File { path: path.to_owned(), content });
        self
    }

    /// Adds a file to the data scheme, installed relative to the environment.
    #[must_use]
    pub fn data_file(self, path: &str, content: &str) -> Self {
        let path = format!("{}-{}.data/data/{path}", self.name, self.version);
        self.file(&path, content)
    }

    /// Adds a symbolic link, which no honest wheel has.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.entries.push(Entry::Link { path: path.to_owned(), target: target.to_owned() });
        self
    }

    /// Adds a console script, such as `shout` for `shout:main`.
    #[must_use]
    pub fn console_script(mut self, name: &str, target: &str) -> Self {
        self.scripts.extend([name, " = ", target, "\n"]);
        self
    }

    /// Adds a line to METADATA, such as `Requires-Python: >=3.9`.
    #[must_use]
    pub fn metadata(mut self, line: &str) -> Self {
        self.metadata.extend([line, "\n"]);
        self
    }

    /// Adds a line to the RECORD.
    #[must_use]
    pub fn line_of_record(mut self, line: &str) -> Self {
        self.lies.push_str(line);
        self
    }

    /// Its METADATA.
    pub fn metadata_text(&self) -> String {
        format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n{}", self.name, self.version, self.metadata)
    }

    /// Zips it; equal builders give equal bytes.
    pub fn build(&self) -> Wheel {
        let info = format!("{}-{}.dist-info", self.name, self.version);
        let metadata = self.metadata_text();
        let (python, rest) = self.tags.split_once('-').unwrap();
        let wheel =
            format!("Wheel-Version: 1.0\nGenerator: fixture\nRoot-Is-Purelib: true\nTag: {python}-{rest}\n");
        let mut builder = self.clone().file(&format!("{info}/METADATA"), &metadata);
        builder = builder.file(&format!("{info}/WHEEL"), &wheel);
        if !self.scripts.is_empty() {
            let scripts = format!("[console_scripts]\n{}", self.scripts);
            builder = builder.file(&format!("{info}/entry_points.txt"), &scripts);
        }
        let record: String = builder.entries.iter().map(Entry::record).collect();
        let builder =
            builder.file(&format!("{info}/RECORD"), &format!("{record}{}{info}/RECORD,,\n", self.lies));
        Wheel {
            name: self.name.clone(),
            version: self.version.clone(),
            filename: format!("{}-{}-{}.whl", self.name, self.version, self.tags),
            bytes: builder.zip(),
        }
    }

    fn zip(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().unix_permissions(0o644);
        for entry in &self.entries {
            match entry {
                Entry::File { path, content } => {
                    zip.start_file(path.as_str(), options).unwrap();
                    zip.write_all(content).unwrap();
                }
                Entry::Link { path, target } => {
                    zip.add_symlink(path.as_str(), target.as_str(), options).unwrap();
                }
            }
        }
        zip.finish().unwrap().into_inner()
    }
}

impl Entry {
    /// Its line in the RECORD.
    fn record(&self) -> String {
        match self {
            Self::File { path, content } => {
                let hash = URL_SAFE_NO_PAD.encode(Digest::of(content).as_bytes());
                format!("{path},sha256={hash},{}\n", content.len())
            }
            Self::Link { path, .. } => format!("{path},,\n"),
        }
    }
}
