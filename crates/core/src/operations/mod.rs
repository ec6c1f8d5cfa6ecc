//! The whole installation, for those who run it: how it is, what its jobs wait for, and what its queues gave up on.
//!
//! Nothing here is kept in a process. `board` is an index of the job records, `tally` is added up in the transactions that end
//! jobs, `letters` are records of what `sweep` found among the dead letters, `queues` are asked at the moment. [`Overview`] reads
//! them for who has a pass that the doors gave; `picture` makes of it what operators see.

mod board;
mod histogram;
mod letters;
mod overview;
mod picture;
mod queues;
mod tally;

pub use board::{BOARD_SHARDS, BoardEntry, BoardList, BoardPage, BoardQuery, JobBoard};
pub use histogram::Histogram;
pub use letters::{
    LETTER_LIFE, Letter, LetterAbout, LetterKind, LetterState, Letters, OpenLetters, is_letter_id, letter_id,
};
pub use overview::Overview;
pub use picture::{Act, JobRow, Operations, SOURCES};
pub use queues::{QueueDepth, QueueDepths, QueueName};
pub use tally::{Figures, Span, TALLY_SHARDS, Tally};
