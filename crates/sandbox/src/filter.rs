//! The system calls that a reader keeps: those of memory, threads, time, and of writing its answer.
//!
//! Everything else is refused with `EPERM`: files, sockets, programs, other processes. A list of what is allowed, since
//! a list of what is forbidden is out of date with the next kernel. Among what is allowed, what matters is in the
//! arguments: reading from standard input, writing to standard output and error, threads but no processes, memory but
//! none that can be executed, signals to itself.

use std::collections::BTreeMap;
use std::process;

use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

/// What is answered to the parent where there is no error number.
const UNKNOWN_ERRNO: u8 = u8::MAX;

/// System calls that do no harm whatever their arguments.
const HARMLESS: &[libc::c_long] = &[
    // Memory.
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    // Threads, and the end of them.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_membarrier,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    // Signals that the process receives: a stack that overflows is one.
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // Time and chance.
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    // How much memory there is: glibc's sort asks.
    libc::SYS_sysinfo,
    // Files that are open already.
    libc::SYS_close,
    libc::SYS_fstat,
];

/// Filters the system calls of this thread and of those it starts. The error number where the kernel does not let it.
pub(crate) fn install() -> Result<(), u8> {
    for program in programs().map_err(|_| UNKNOWN_ERRNO)? {
        apply_filter(&program).map_err(errno)?;
    }
    Ok(())
}

/// In the order to install them: what the second allows does not include to install another.
fn programs() -> Result<[BpfProgram; 2], BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = |rules, otherwise, matched| -> Result<BpfProgram, BackendError> {
        SeccompFilter::new(rules, otherwise, matched, arch)?.try_into()
    };
    let refused = |errno: libc::c_int| SeccompAction::Errno(errno.unsigned_abs());
    // Its flags are in memory, where no filter can look. The C library then takes `clone`, which has them in a register.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([
        filter(clone3, SeccompAction::Allow, refused(libc::ENOSYS))?,
        filter(allowed()?, refused(libc::EPERM), SeccompAction::Allow)?,
    ])
}

fn allowed() -> Result<BTreeMap<libc::c_long, Vec<SeccompRule>>, BackendError> {
    let mut rules: BTreeMap<_, _> = HARMLESS.iter().map(|call| (*call, Vec::new())).collect();
    // So that the first filter's answer stands.
    rules.insert(libc::SYS_clone3, Vec::new());
    let stdin = [bits(libc::STDIN_FILENO)];
    let outputs = [bits(libc::STDOUT_FILENO), bits(libc::STDERR_FILENO)];
    for call in [libc::SYS_read, libc::SYS_readv] {
        rules.insert(call, one_of(0, &stdin)?);
    }
    for call in [libc::SYS_write, libc::SYS_writev] {
        rules.insert(call, one_of(0, &outputs)?);
    }
    // Any other clone is a process: it would outlive the parent's patience.
    rules.insert(
        libc::SYS_clone,
        with_bits(0, libc::CLONE_THREAD, libc::CLONE_THREAD)?,
    );
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, with_bits(2, libc::PROT_EXEC, 0)?);
    }
    // A thread's name.
    rules.insert(libc::SYS_prctl, one_of(0, &[bits(libc::PR_SET_NAME)])?);
    // `abort` is a signal to itself.
    rules.insert(libc::SYS_tgkill, one_of(0, &[u64::from(process::id())])?);
    // A look at its limits: the third argument would be new ones.
    let nothing_new = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![nothing_new])?]);
    Ok(rules)
}

/// The argument is one of these.
fn one_of(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, BackendError> {
    values
        .iter()
        .map(|value| {
            let equal = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, *value)?;
            SeccompRule::new(vec![equal])
        })
        .collect()
}

/// Of the argument's bits in `mask` exactly those of `value` are set.
fn with_bits(argument: u8, mask: libc::c_int, value: libc::c_int) -> Result<Vec<SeccompRule>, BackendError> {
    let masked = SeccompCmpOp::MaskedEq(bits(mask));
    let equal = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, masked, bits(value))?;
    Ok(vec![SeccompRule::new(vec![equal])?])
}

/// A flag or a descriptor as a register has it. All of them are positive.
fn bits(value: libc::c_int) -> u64 {
    u64::from(value.unsigned_abs())
}

fn errno(error: Error) -> u8 {
    let number = match &error {
        Error::Prctl(error) | Error::Seccomp(error) => error.raw_os_error(),
        _ => None,
    };
    number
        .and_then(|number| u8::try_from(number).ok())
        .filter(|number| *number != 0)
        .unwrap_or(UNKNOWN_ERRNO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_programs_compile() {
        // The kernel takes 4,096 instructions.
        for program in programs().unwrap() {
            assert!((1..4096).contains(&program.len()), "{}", program.len());
        }
    }

    #[test]
    fn a_refusal_always_has_a_number() {
        let refused = |number| errno(Error::Seccomp(std::io::Error::from_raw_os_error(number)));
        assert_eq!(refused(libc::EINVAL), 22);
        assert_eq!(refused(0), UNKNOWN_ERRNO);
        assert_eq!(refused(1000), UNKNOWN_ERRNO);
        assert_eq!(errno(Error::EmptyFilter), UNKNOWN_ERRNO);
    }
}
