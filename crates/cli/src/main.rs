//! The `docmill` command.

use std::process::ExitCode;

use clap::Parser;
use docmill_cli::args::Cli;
use docmill_cli::display::to_stderr;
use docmill_cli::exit::Exit;

fn main() -> ExitCode {
    if let Some(end) = docmill_sandbox::child(&docmill_pipelines::readers()) {
        return end;
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            to_stderr(&format!("docmill: {error}"));
            return Exit::NoService.into();
        }
    };
    match runtime.block_on(docmill_cli::commands::run(cli)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if failure.exit != Exit::Done {
                to_stderr(&format!("docmill: {failure}"));
            }
            failure.exit.into()
        }
    }
}
