//! What a plan is in storage, and where a job's objects are.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::JobId;
use crate::job::Notice;
use crate::message::Span;
use crate::pipeline::Planned;

/// A stored plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The chunks, by number.
    pub chunks: Vec<PlanChunk>,
    /// What the merge needs to know.
    pub summary: Value,
    /// What the user should know; each attempt tells it anew.
    #[serde(default)]
    pub warnings: Vec<Notice>,
}

/// A chunk of a stored plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChunk {
    /// What the user calls it.
    pub label: String,
    /// Where its input lies in the input object.
    pub input: Span,
}

impl Plan {
    /// Lays the chunk inputs one behind the other: the plan and the input object.
    pub fn lay_out(planned: &Planned) -> (Self, Vec<u8>) {
        let mut inputs = Vec::with_capacity(planned.chunks.iter().map(|chunk| chunk.input.len()).sum());
        let chunks = planned
            .chunks
            .iter()
            .map(|chunk| {
                let offset = inputs.len() as u64;
                inputs.extend_from_slice(&chunk.input);
                let input = Span {
                    offset,
                    length: chunk.input.len() as u64,
                };
                PlanChunk {
                    label: chunk.label.clone(),
                    input,
                }
            })
            .collect();
        let plan = Self {
            chunks,
            summary: planned.summary.clone(),
            warnings: planned.warnings.clone(),
        };
        (plan, inputs)
    }

    /// Number of chunks.
    pub fn total(&self) -> u32 {
        u32::try_from(self.chunks.len()).unwrap_or(u32::MAX)
    }
}

/// Where uploads lie.
pub const UPLOADS: &str = "uploads/";

/// What the keys of everything that is stored for a job begin with.
pub fn prefixes(job: JobId) -> [String; 4] {
    [
        format!("{UPLOADS}{job}/"),
        format!("jobs/{job}/"),
        format!("results/{job}/"),
        format!("editions/{job}/"),
    ]
}

/// Key of uploaded file `index`.
pub fn upload_key(job: JobId, index: usize) -> String {
    format!("{UPLOADS}{job}/{index}")
}

/// Key of the stored plan.
pub fn plan_key(job: JobId) -> String {
    format!("jobs/{job}/plan.json")
}

/// Key of the chunk inputs.
pub fn inputs_key(job: JobId) -> String {
    format!("jobs/{job}/inputs")
}

/// Key of chunk `n`'s output: of job and chunk alone, since any valid writer's output is valid.
pub fn output_key(job: JobId, n: u32) -> String {
    format!("jobs/{job}/out/{n}")
}

/// Key of what a paid service answered to the call of this id.
pub fn answer_key(job: JobId, request_id: &str) -> String {
    format!("jobs/{job}/answers/{request_id}")
}

/// Key of a result file.
pub fn result_key(job: JobId, attempt: u32, format: &str, part: u32) -> String {
    format!("results/{job}/{attempt}/{format}-{part}")
}

/// Key of what a user made of a result: of its content, too, see [`crate::edition`]. Not beside the result, so that who writes
/// editions needs no right to write over results.
pub fn edition_key(job: JobId, attempt: u32, number: u32, digest: &str) -> String {
    format!("editions/{job}/{attempt}/{number}-{digest}")
}

/// What a part of a result is called for people: later parts have their number.
pub fn part_name(stem: &str, extension: &str, part: u32) -> String {
    match part {
        1 => format!("{stem}.{extension}"),
        _ => format!("{stem}-{part}.{extension}"),
    }
}

/// Where the exports of a company lie.
pub fn exports(company: &str) -> String {
    format!("exports/{company}/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::PlannedChunk;

    #[test]
    fn inputs_lie_one_behind_the_other() {
        let chunk = |label: &str, input: &'static [u8]| PlannedChunk {
            label: label.into(),
            input: input.into(),
        };
        let planned = Planned {
            chunks: vec![chunk("a", b"one"), chunk("b", b""), chunk("c", b"three")],
            ..Planned::default()
        };
        let (plan, inputs) = Plan::lay_out(&planned);
        assert_eq!(inputs, b"onethree");
        assert_eq!(plan.chunks[2].input, Span { offset: 3, length: 5 });
        assert_eq!(plan.total(), 3);
    }
}
