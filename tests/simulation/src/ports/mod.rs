//! The ports in memory, with what may happen to each call.

mod accounts;
mod jobs;
mod live;
mod models;
mod queue;
mod storage;
mod takes;

use std::sync::Arc;

pub(crate) use jobs::{Kind, apply_ghost};
pub(crate) use models::{MOST_TOKENS, Oracle};
pub(crate) use queue::title;

use crate::sim::Sim;

/// A port whose calls meet the fates of the tape.
pub(crate) struct Port<P: ?Sized> {
    pub(crate) sim: Arc<Sim>,
    pub(crate) inner: Arc<P>,
}

impl<P: ?Sized> Port<P> {
    pub(crate) fn new(sim: &Arc<Sim>, inner: &Arc<P>) -> Arc<Self> {
        Arc::new(Self {
            sim: sim.clone(),
            inner: inner.clone(),
        })
    }
}
