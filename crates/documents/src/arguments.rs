//! Arguments of readers that run in a process of their own.

use std::io::{Error, ErrorKind, Result};

/// So many whole numbers and nothing else; `expected` names them.
///
/// # Errors
/// [`ErrorKind::InvalidInput`].
pub(crate) fn numbers<const COUNT: usize>(
    arguments: &[String],
    expected: &'static str,
) -> Result<[u32; COUNT]> {
    let numbers: Option<Vec<u32>> = arguments.iter().map(|text| text.parse().ok()).collect();
    let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers.ok_or_else(|| invalid(expected))
}

/// What else a reader expects.
pub(crate) fn invalid(expected: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, expected)
}
