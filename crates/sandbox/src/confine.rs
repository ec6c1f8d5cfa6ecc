//! What the child gives up, first thing.

use std::io;

use rustix::process::{
    Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
};
use rustix::thread::set_no_new_privs;

use crate::Limits;
use crate::filter;
use crate::protocol::Request;

/// Limits this process for the rest of its life. The inner result is the filter's: where the kernel refuses it, the
/// other limits stand, and the error number says why.
///
/// The child does this to itself, since a parent that does it between `fork` and `exec` copies its page tables: 17 ms
/// for one of 1 GB.
pub(crate) fn confine(request: &Request) -> io::Result<Result<(), u8>> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have died before it could be followed.
    if !request.is_child_of(getppid()) {
        return Err(io::Error::other("the parent is gone"));
    }
    limit(Resource::As, request.memory_bytes, 0)?;
    // SIGXCPU at the limit tells it from other deaths; SIGKILL a second later cannot be survived.
    limit(Resource::Cpu, request.cpu_s, 1)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Nofile, Limits::OPEN_FILES, 0)?;
    set_no_new_privs(true)?;
    Ok(filter::install())
}

/// Lowers a limit to `value`, and its upper bound to `grace` above; lower ones stay.
fn limit(resource: Resource, value: u64, grace: u64) -> io::Result<()> {
    let given = getrlimit(resource);
    let lower = |bound: Option<u64>, value: u64| Some(bound.map_or(value, |bound| bound.min(value)));
    let limit = Rlimit {
        current: lower(given.current, value),
        maximum: lower(given.maximum, value.saturating_add(grace)),
    };
    Ok(setrlimit(resource, limit)?)
}
