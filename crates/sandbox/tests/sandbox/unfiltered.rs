//! On a kernel that refuses the filter.

use std::collections::BTreeMap;
use std::process::Command;

use docmill_core::sandbox::SandboxEnd;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::read;

/// Makes this program a parent whose children cannot filter system calls.
pub(crate) const UNFILTERED: &str = "--unfiltered";

pub(crate) async fn be_without_filters() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_seccomp, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
    for _ in 0..2 {
        let answer = read("echo", b"a document").await;
        assert_eq!(answer.output, "an argument|:a document");
        assert_eq!(answer.end, SandboxEnd::Finished);
    }
    assert_eq!(
        read("environment", b"").await.output,
        "MALLOC_ARENA_MAX=1\nRUST_BACKTRACE=0\n"
    );
}

pub(crate) async fn documents_are_read_with_one_warning() {
    let output = Command::new("/proc/self/exe").arg(UNFILTERED).output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    assert_eq!(log.matches("without a filter").count(), 1, "{log}");
    assert!(log.contains("errno=38"), "{log}");
}
