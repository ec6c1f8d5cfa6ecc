//! Who may do what: one table, and one door to what is kept.
//!
//! [`MATRIX`] is the only place that decides. [`Doors`] is how the users' side of the service reads: it hands out a
//! [`Granted`] for a job that the caller may act on, and whatever hangs on a job is only to be had for one.

mod doors;
mod matrix;

pub(crate) use doors::may_follow;
pub use doors::{Doors, Granted, Operating};
pub use matrix::{Action, MATRIX, Rule, Standing, Standings, markdown};

/// Who asks, from verified claims of the token and never from the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// `sub`: the owner of what the caller makes.
    pub owner: String,
    /// The address, in lower case, if the issuer has verified that it is the caller's.
    pub email: Option<String>,
    /// Whether the caller is in the group `operators`, which runs the installation.
    pub operator: bool,
}

impl Caller {
    /// A user of whom nothing else is known.
    pub fn user(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            ..Self::default()
        }
    }
}
