//! [`Sandbox`] in this process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use async_trait::async_trait;
use docmill_core::ports::{PortError, PortResult};
use docmill_core::sandbox::{NamedReader, Sandbox, SandboxAnswer, SandboxEnd, SandboxTask};

/// Runs readers where it is called: for tests, whose documents are their own. Catches a panic, and limits nothing.
#[derive(Clone, Debug, Default)]
pub struct InProcess {
    readers: Vec<NamedReader>,
}

impl InProcess {
    /// One that knows `readers`.
    pub fn new(readers: Vec<NamedReader>) -> Self {
        Self { readers }
    }
}

#[async_trait]
impl Sandbox for InProcess {
    async fn read(&self, task: SandboxTask) -> PortResult<SandboxAnswer> {
        let known = self.readers.iter().find(|reader| reader.name == task.reader);
        let reader = known.ok_or_else(|| PortError::Broken(format!("no reader `{}`", task.reader)))?;
        let mut output = Vec::new();
        let run = AssertUnwindSafe(|| (reader.read)(&task.arguments, task.document.into(), &mut output));
        let end = match catch_unwind(run) {
            Ok(Ok(())) => SandboxEnd::Finished,
            Ok(Err(_)) | Err(_) => SandboxEnd::Crashed,
        };
        Ok(SandboxAnswer {
            output: output.into(),
            end,
        })
    }
}
