//! `tutanak documents`: the manual pages and the completions of shells, from the commands themselves. For packages.

use std::path::PathBuf;

use anyhow::Context;
use clap_complete::Shell;

/// Where they are to lie.
#[derive(Debug, clap::Args)]
pub struct DocumentsArgs {
    /// The directory.
    dir: PathBuf,
}

/// Writes `man/` and `completions/` below the directory.
///
/// # Errors
/// A file cannot be written.
pub fn run(args: &DocumentsArgs, command: clap::Command) -> anyhow::Result<()> {
    let (man, completions) = (args.dir.join("man"), args.dir.join("completions"));
    for dir in [&man, &completions] {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command.clone(), "tutanak", &completions)?;
    }
    // A page for each command, as `tutanak-gate-show.1`, and none for what packagers alone use.
    clap_mangen::generate_to(command, &man)?;
    crate::out!("{} has man/ and completions/", args.dir.display());
    Ok(())
}
