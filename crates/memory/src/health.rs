//! [`Health`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ports::Health;

use crate::lock;

/// Well, unless it is told otherwise.
#[derive(Debug, Default)]
pub struct MemoryHealth {
    parts: Mutex<BTreeMap<&'static str, Option<String>>>,
}

impl MemoryHealth {
    /// Sets what is wrong with `part`; `None` for nothing.
    pub fn set(&self, part: &'static str, problem: Option<&str>) {
        lock(&self.parts).insert(part, problem.map(ToOwned::to_owned));
    }
}

#[async_trait]
impl Health for MemoryHealth {
    async fn check(&self) -> Vec<(&'static str, Option<String>)> {
        lock(&self.parts)
            .iter()
            .map(|(part, problem)| (*part, problem.clone()))
            .collect()
    }
}
