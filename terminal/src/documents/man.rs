//! The command `man`: manual pages, made of the same texts as the helps.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::replace_file;
use clap::{Args, Command};
use clap_mangen::Man;

/// Where manual pages go.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Write a page for each command to this directory, such as ~/.local/share/man/man1; without it, the program's page
    /// is printed
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl ManArgs {
    /// Writes the pages of `program`; returns what is for standard output.
    ///
    /// # Errors
    /// The directory or a page cannot be written.
    pub fn write(&self, program: Command) -> io::Result<String> {
        let mut program = program.disable_help_subcommand(true);
        program.build();
        match &self.directory {
            None => Ok(String::from_utf8_lossy(&page(&program)?).into_owned()),
            Some(directory) => {
                fs_err::create_dir_all(directory)?;
                let pages = write_pages(&program, directory)?;
                let ending = if pages == 1 { "" } else { "s" };
                Ok(format!("wrote {pages} page{ending} to {}\n", directory.display()))
            }
        }
    }
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Man::new(command.clone()).manual("Attune Offline").render(&mut bytes)?;
    Ok(bytes)
}

fn write_pages(command: &Command, directory: &Path) -> io::Result<usize> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    replace_file(&directory.join(format!("{name}.1")), &page(command)?)?;
    let shown =
        command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    shown.map(|command| write_pages(command, directory)).sum::<io::Result<usize>>().map(|pages| pages + 1)
}
