//! How a language model is asked for many things at once, and what is tried for those that it does not answer well.
//!
//! Rung by rung, for the items that are still open: the whole request; the same with the barest wording; the same in
//! two halves, so that one item cannot spoil the answers of the others; the next better model. What is open then is
//! for the rules of whoever asked. Each answer is checked item by item: one bad item takes no other with it.

use std::time::Duration;

use docmill_core::codes;
use docmill_core::model::{ModelFailure, ModelRequest, Tier, Tokens};
use docmill_core::pipeline::{AskError, Work};
use serde_json::Value;

use crate::halt::Halt;

/// How much is said to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Everything.
    Full,
    /// What is needed to get an answer at all.
    Minimal,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rung {
    /// The first request.
    First,
    /// The request with few words.
    Minimal,
    /// One half of it.
    Halved,
    /// A better model.
    BetterModel,
}

impl Rung {
    const ALL: [Self; 4] = [Self::First, Self::Minimal, Self::Halved, Self::BetterModel];
}

/// Something that is asked of a model for many items.
pub(crate) trait Batch: Sync {
    /// One of the things asked about.
    type Item: Sync;
    /// What is answered about it.
    type Answer: Send;

    /// The request for these items, each under its number.
    fn request(&self, items: &[(usize, &Self::Item)], wording: Wording, tier: Tier) -> ModelRequest;

    /// The answers to these items in a reply, in their order; `None` for one that is missing or wrong.
    fn accept(&self, items: &[(usize, &Self::Item)], reply: &Value) -> Vec<Option<Self::Answer>>;
}

/// What came of it.
pub(crate) struct Climbed<A> {
    /// For each item what was answered, and on which rung.
    pub(crate) answers: Vec<Option<(A, Rung)>>,
    /// What all of it cost, earlier tries of the same work included.
    pub(crate) tokens: Tokens,
    /// Why the ladder was left before its end.
    pub(crate) end: Option<AskError>,
}

impl<A> Climbed<A> {
    /// For items that nobody was asked about.
    pub(crate) fn not_asked(items: usize) -> Self {
        Self {
            answers: (0..items).map(|_| None).collect(),
            tokens: Tokens::default(),
            end: None,
        }
    }
}

/// The model to be asked where `wanted` is preferred: that one, else the next better one, else the best there is.
pub(crate) fn nearest(tiers: &[Tier], wanted: Tier) -> Option<Tier> {
    let better = tiers.iter().copied().filter(|tier| *tier >= wanted).min();
    better.or_else(|| tiers.iter().copied().max())
}

/// What to do where another try may bring what this one did not. `None`: with what there is, since the last try takes that
/// and a used-up budget fills again next month only.
pub(crate) fn come_again(end: &AskError, work: &dyn Work) -> Option<Halt> {
    let retry = |code: &str, after: Option<Duration>| {
        Some(Halt::Retry {
            code: code.to_owned(),
            after,
        })
    };
    match end {
        AskError::Stopped => Some(Halt::Cancelled),
        AskError::OverBudget => None,
        _ if work.is_last_try() => None,
        AskError::Resting { after } => retry(codes::PROVIDER_COOLDOWN, Some(*after)),
        AskError::OutOfTime => retry(codes::CHUNK_TIMEOUT, None),
        AskError::Failed(_) => retry("MODEL_UNAVAILABLE", None),
    }
}

/// Climbs the ladder for `items`, beginning with the model of `tier`.
pub(crate) async fn climb<B: Batch>(
    batch: &B,
    items: &[B::Item],
    tier: Tier,
    work: &dyn Work,
) -> Climbed<B::Answer> {
    let mut climbed = Climbed::not_asked(items.len());
    for rung in Rung::ALL {
        let open: Vec<(usize, &B::Item)> = items
            .iter()
            .enumerate()
            .filter(|(n, _)| climbed.answers.get(*n).is_some_and(Option::is_none))
            .collect();
        if open.is_empty() {
            break;
        }
        let (parts, wording, tier) = match rung {
            Rung::First => (vec![&open[..]], Wording::Full, Some(tier)),
            Rung::Minimal => (vec![&open[..]], Wording::Minimal, Some(tier)),
            // The half of one item would be the same request again.
            Rung::Halved if open.len() < 2 => continue,
            Rung::Halved => {
                let (left, right) = open.split_at(open.len() / 2);
                (vec![left, right], Wording::Minimal, Some(tier))
            }
            Rung::BetterModel => {
                let better = work.tiers().iter().copied().filter(|other| *other > tier).min();
                (vec![&open[..]], Wording::Full, better)
            }
        };
        let Some(tier) = tier else { continue };
        for part in parts {
            let reply = match work.ask(&batch.request(part, wording, tier)).await {
                Ok(reply) => reply,
                Err(AskError::Failed(
                    failure @ (ModelFailure::Malformed { .. } | ModelFailure::Refused { .. }),
                )) => {
                    add(&mut climbed.tokens, failure.tokens());
                    continue;
                }
                Err(error) => {
                    climbed.end = Some(error);
                    return climbed;
                }
            };
            add(&mut climbed.tokens, reply.tokens);
            for ((n, _), answer) in part.iter().zip(batch.accept(part, &reply.value)) {
                if let (Some(slot), Some(answer)) = (climbed.answers.get_mut(*n), answer) {
                    *slot = Some((answer, rung));
                }
            }
        }
    }
    climbed
}

fn add(sum: &mut Tokens, more: Tokens) {
    sum.input = sum.input.saturating_add(more.input);
    sum.output = sum.output.saturating_add(more.output);
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use bytes::Bytes;
    use docmill_core::model::{AnswerForm, ModelReply};
    use docmill_core::pipeline::{Outcome, Stop};
    use docmill_core::ports::FileDetail;
    use docmill_core::sandbox::{NoSandbox, Sandbox};
    use futures::executor::block_on;
    use serde_json::json;

    use super::*;

    /// Asks for the double of each number.
    struct Doubles;

    impl Batch for Doubles {
        type Item = u64;
        type Answer = u64;

        fn request(&self, items: &[(usize, &u64)], wording: Wording, tier: Tier) -> ModelRequest {
            ModelRequest {
                tier,
                instructions: format!("{wording:?}"),
                data: json!(items).to_string(),
                pictures: Vec::new(),
                form: AnswerForm {
                    name: "doubles",
                    schema: json!({}),
                },
                max_answer_tokens: 10,
            }
        }

        fn accept(&self, items: &[(usize, &u64)], reply: &Value) -> Vec<Option<u64>> {
            items
                .iter()
                .map(|(n, item)| {
                    reply[n.to_string()]
                        .as_u64()
                        .filter(|double| *double == *item * 2)
                })
                .collect()
        }
    }

    type Reply = Result<Value, AskError>;

    struct Scripted<F> {
        script: F,
        asked: Mutex<Vec<String>>,
        tiers: Vec<Tier>,
    }

    #[async_trait]
    impl<F: Fn(&[(usize, u64)], &ModelRequest) -> Reply + Send + Sync> Work for Scripted<F> {
        async fn report(&self, _index: usize, _percent: u8) {}

        fn checkpoint(&self) -> Result<(), Stop> {
            Ok(())
        }

        fn request_id(&self, call: &str) -> String {
            call.to_owned()
        }

        fn sandbox(&self) -> &dyn Sandbox {
            &NoSandbox
        }

        fn is_last_try(&self) -> bool {
            true
        }

        async fn source(&self, _index: usize, _file: &FileDetail, _limit: u64) -> Outcome<Bytes> {
            Outcome::Cancelled
        }

        fn tiers(&self) -> &[Tier] {
            &self.tiers
        }

        async fn ask(&self, request: &ModelRequest) -> Result<ModelReply, AskError> {
            let items: Vec<(usize, u64)> = serde_json::from_str(&request.data).unwrap();
            let numbers: Vec<String> = items.iter().map(|(n, _)| n.to_string()).collect();
            self.asked.lock().unwrap().push(format!(
                "{} {} {}",
                request.tier.as_str(),
                request.instructions,
                numbers.join(",")
            ));
            (self.script)(&items, request).map(|value| ModelReply {
                value,
                tokens: Tokens { input: 10, output: 1 },
            })
        }
    }

    fn run(
        items: &[u64],
        tiers: &[Tier],
        script: impl Fn(&[(usize, u64)], &ModelRequest) -> Reply + Send + Sync,
    ) -> (Climbed<u64>, Vec<String>) {
        let work = Scripted {
            script,
            asked: Mutex::default(),
            tiers: tiers.to_vec(),
        };
        let climbed = block_on(climb(&Doubles, items, Tier::Speed, &work));
        (climbed, work.asked.into_inner().unwrap())
    }

    fn right(items: &[(usize, u64)]) -> Value {
        items
            .iter()
            .map(|(n, item)| (n.to_string(), json!(item * 2)))
            .collect()
    }

    fn malformed() -> Reply {
        let tokens = Tokens { input: 3, output: 3 };
        Err(ModelFailure::Malformed { tokens }.into())
    }

    #[test]
    fn a_good_answer_needs_one_request() {
        let (climbed, asked) = run(&[1, 2], &Tier::ALL, |items, _| Ok(right(items)));
        assert_eq!(asked, ["speed Full 0,1"]);
        assert_eq!(climbed.answers, [Some((2, Rung::First)), Some((4, Rung::First))]);
        assert_eq!(climbed.tokens.total(), 11);
        assert_eq!(climbed.end, None);
    }

    #[test]
    fn only_what_is_open_climbs() {
        let (climbed, asked) = run(&[1, 2, 3, 4], &Tier::ALL, |items, request| {
            match (request.instructions.as_str(), request.tier) {
                ("Full", Tier::Speed) => Ok(json!({"1": 4})),
                ("Minimal", _) if items.len() == 3 => malformed(),
                ("Minimal", _) if items[0].0 == 0 => Ok(right(items)),
                ("Full", Tier::Balanced) => Ok(json!({"2": 6, "3": 9})),
                _ => malformed(),
            }
        });
        assert_eq!(
            asked,
            [
                "speed Full 0,1,2,3",
                "speed Minimal 0,2,3",
                "speed Minimal 0",
                "speed Minimal 2,3",
                "balanced Full 2,3"
            ]
        );
        assert_eq!(
            climbed.answers,
            [
                Some((2, Rung::Halved)),
                Some((4, Rung::First)),
                Some((6, Rung::BetterModel)),
                None
            ]
        );
        assert_eq!(climbed.tokens.total(), 3 * 11 + 2 * 6);
    }

    #[test]
    fn one_open_item_is_not_asked_about_twice_in_the_same_words() {
        let (climbed, asked) = run(&[1], &[Tier::Speed], |_, _| malformed());
        assert_eq!(asked, ["speed Full 0", "speed Minimal 0"]);
        assert_eq!(climbed.answers, [None]);
    }

    #[test]
    fn a_service_that_does_not_answer_ends_the_climb_with_what_there_is() {
        let rest = AskError::Resting {
            after: std::time::Duration::from_secs(9),
        };
        let (climbed, asked) = run(&[1, 2], &Tier::ALL, |_, request| {
            match request.instructions.as_str() {
                "Full" => Ok(json!({"0": 2})),
                _ => Err(rest.clone()),
            }
        });
        assert_eq!(asked.len(), 2);
        assert_eq!(climbed.answers, [Some((2, Rung::First)), None]);
        assert_eq!(climbed.end, Some(rest));
    }

    #[test]
    fn the_nearest_model_is_not_worse_where_there_is_one() {
        use Tier::{Balanced, Quality, Speed};
        assert_eq!(nearest(&[Speed, Quality], Balanced), Some(Quality));
        assert_eq!(nearest(&[Speed], Quality), Some(Speed));
        assert_eq!(nearest(&[Speed, Balanced], Speed), Some(Speed));
        assert_eq!(nearest(&[], Speed), None);
    }
}
