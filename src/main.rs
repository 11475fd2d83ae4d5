//! The program. All of it stands in the library, where it is compiled once: its commands in `tutanak::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tutanak::cli::command::main()
}
