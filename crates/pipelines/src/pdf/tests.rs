//! Readers that die in every way.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ports::{FileDetail, PortError, PortResult};
use docmill_core::sandbox::Sandbox;
use docmill_documents::{Line, Page};
use futures::executor::block_on;
use proptest::prelude::*;

use super::*;

/// Gives prepared answers, and notes what it was asked for.
struct Scripted {
    answers: Mutex<VecDeque<SandboxAnswer>>,
    asked: Mutex<Vec<String>>,
    reports: Mutex<Vec<(usize, u8)>>,
    /// Stops from this checkpoint on.
    stop_at: usize,
}

#[async_trait]
impl Sandbox for Scripted {
    async fn read(&self, task: SandboxTask) -> PortResult<SandboxAnswer> {
        assert_eq!(
            (task.reader, task.document.as_ref()),
            ("pdf-text", b"%PDF-".as_slice())
        );
        self.asked.lock().unwrap().push(task.arguments.join(" "));
        let answer = self.answers.lock().unwrap().pop_front();
        answer.ok_or_else(|| PortError::Unavailable("no process".to_owned()))
    }
}

#[async_trait]
impl Work for Scripted {
    async fn report(&self, index: usize, percent: u8) {
        self.reports.lock().unwrap().push((index, percent));
    }

    fn checkpoint(&self) -> Result<(), Stop> {
        if self.asked.lock().unwrap().len() >= self.stop_at {
            return Err(Stop);
        }
        Ok(())
    }

    fn request_id(&self, call: &str) -> String {
        call.to_owned()
    }

    fn sandbox(&self) -> &dyn Sandbox {
        self
    }

    fn is_last_try(&self) -> bool {
        true
    }

    async fn source(&self, _index: usize, _file: &FileDetail, _limit: u64) -> Outcome<Bytes> {
        panic!("nothing is read again")
    }
}

const SHOWN: Shown = Shown {
    stage: 1,
    from: 5,
    to: 9,
};

fn scripted(answers: impl IntoIterator<Item = SandboxAnswer>) -> Scripted {
    Scripted {
        answers: Mutex::new(answers.into_iter().collect()),
        asked: Mutex::default(),
        reports: Mutex::default(),
        stop_at: usize::MAX,
    }
}

fn read_by(script: &Scripted) -> Outcome<Reading> {
    block_on(read_text(&Bytes::from_static(b"%PDF-"), 100, SHOWN, script))
}

fn text(answers: impl IntoIterator<Item = SandboxAnswer>) -> (PdfText, Vec<String>) {
    let script = scripted(answers);
    match read_by(&script) {
        Outcome::Done(Reading::Text(text)) => (text, script.asked.into_inner().unwrap()),
        other => panic!("{other:?}"),
    }
}

fn page(number: u32) -> PageText {
    PageText {
        page: Page {
            number,
            lines: vec![Line {
                text: format!("Page {number}"),
                ..Line::default()
            }],
        },
        ..PageText::default()
    }
}

fn failed(number: u32) -> PageText {
    PageText {
        failed: true,
        ..page(number)
    }
}

fn answer(records: &[TextRecord], end: SandboxEnd) -> SandboxAnswer {
    let mut output = Vec::new();
    for record in records {
        serde_json::to_writer(&mut output, record).unwrap();
        output.push(b'\n');
    }
    SandboxAnswer {
        output: output.into(),
        end,
    }
}

fn pages(texts: impl IntoIterator<Item = PageText>, end: SandboxEnd) -> SandboxAnswer {
    let mut records = vec![TextRecord::Opened { pages: 9 }];
    records.extend(texts.into_iter().map(TextRecord::Page));
    if end == SandboxEnd::Finished {
        records.push(TextRecord::Done);
    }
    answer(&records, end)
}

fn numbers(text: &PdfText) -> Vec<u32> {
    text.read.keys().copied().collect()
}

#[test]
fn a_good_document_takes_one_reader() {
    let script = scripted([pages((1..=9).map(page), SandboxEnd::Finished)]);
    let Outcome::Done(Reading::Text(text)) = read_by(&script) else {
        panic!("refused");
    };
    assert_eq!(numbers(&text), (1..=9).collect::<Vec<_>>());
    assert!(text.lost.is_empty());
    assert_eq!(*script.asked.lock().unwrap(), ["1 - 100"]);
    assert_eq!(*script.reports.lock().unwrap(), [(1, 9)]);
}

#[test]
fn a_reader_that_dies_is_followed_by_another_behind_the_page() {
    let (text, asked) = text([
        pages((1..=3).map(page), SandboxEnd::OutOfMemory),
        pages((5..=9).map(page), SandboxEnd::Finished),
        pages([], SandboxEnd::OutOfTime),
    ]);
    assert_eq!(asked, ["1 - 100", "5 - 100", "4 4 100"]);
    assert_eq!(numbers(&text), [1, 2, 3, 5, 6, 7, 8, 9]);
    assert_eq!(
        text.lost,
        BTreeMap::from([(4, Loss::Died(SandboxEnd::OutOfTime))])
    );
}

#[test]
fn a_page_that_was_not_to_blame_is_read_after_all() {
    let (text, _) = text([
        pages((1..=8).map(page), SandboxEnd::TooMuchOutput),
        pages([page(9)], SandboxEnd::Finished),
    ]);
    assert_eq!((numbers(&text).len(), text.lost.len()), (9, 0));
}

#[test]
fn a_page_that_kills_a_fresh_reader_is_not_tried_again() {
    let (text, asked) = text([
        pages([], SandboxEnd::Crashed),
        pages((2..=9).map(page), SandboxEnd::Finished),
    ]);
    assert_eq!(asked.len(), 2);
    assert_eq!(text.lost, BTreeMap::from([(1, Loss::Died(SandboxEnd::Crashed))]));
}

#[test]
fn pages_that_failed_get_one_more_reader() {
    let first = (1..=9).map(|number| {
        if [2, 4, 9].contains(&number) {
            failed(number)
        } else {
            page(number)
        }
    });
    let (text, asked) = text([
        pages(first, SandboxEnd::Finished),
        pages([page(2), page(3), failed(4), page(9)], SandboxEnd::Finished),
    ]);
    assert_eq!(asked, ["1 - 100", "2 9 100"]);
    let still: Vec<_> = text.read.values().filter(|page| page.failed).collect();
    assert_eq!(still, [&failed(4)]);
    assert!(text.lost.is_empty());
}

#[test]
fn readers_are_counted_and_what_is_left_is_lost() {
    let (text, asked) = text((0..9).map(|n| pages([page(2 * n + 1)], SandboxEnd::Crashed)));
    assert_eq!(asked, ["1 - 100", "3 - 100", "5 - 100", "7 - 100"]);
    assert_eq!(numbers(&text), [1, 3, 5, 7]);
    assert_eq!(text.lost.len(), 5);
    assert_eq!(text.lost[&9], Loss::NotReached);
}

#[test]
fn no_reader_is_started_late() {
    let script = scripted([
        pages((1..=3).map(page), SandboxEnd::OutOfTime),
        pages((5..=9).map(page), SandboxEnd::Finished),
    ]);
    let late = || LAST_START + Duration::from_millis(1);
    let document = Bytes::from_static(b"%PDF-");
    let Outcome::Done(Reading::Text(text)) = block_on(read_within(&document, 100, SHOWN, &script, late))
    else {
        panic!("refused");
    };
    assert_eq!(numbers(&text), [1, 2, 3]);
    assert_eq!(text.lost[&4], Loss::Died(SandboxEnd::OutOfTime));
    assert_eq!(text.lost[&5], Loss::NotReached);
}

#[test]
fn a_refusal_is_handed_on() {
    for refusal in [
        Refusal::Damaged,
        Refusal::Encrypted,
        Refusal::TooManyPages { pages: 2_000 },
    ] {
        let script = scripted([answer(&[TextRecord::Refused(refusal)], SandboxEnd::Finished)]);
        assert_eq!(read_by(&script), Outcome::Done(Reading::Refused(refusal)));
    }
    let too_many = scripted([answer(&[TextRecord::Opened { pages: 101 }], SandboxEnd::Finished)]);
    let refused = Reading::Refused(Refusal::TooManyPages { pages: 101 });
    assert_eq!(read_by(&too_many), Outcome::Done(refused));
}

#[test]
fn what_never_opens_is_damaged() {
    for end in [SandboxEnd::OutOfMemory, SandboxEnd::Finished] {
        let script = scripted([answer(&[], end)]);
        assert_eq!(
            read_by(&script),
            Outcome::Done(Reading::Refused(Refusal::Damaged))
        );
        assert_eq!(script.asked.lock().unwrap().len(), 1);
    }
}

#[test]
fn pages_before_a_refusal_are_used() {
    let records = [
        TextRecord::Opened { pages: 2 },
        TextRecord::Page(page(1)),
        TextRecord::Refused(Refusal::Damaged),
    ];
    let (text, asked) = text([
        answer(&records, SandboxEnd::Finished),
        answer(&[TextRecord::Refused(Refusal::Damaged)], SandboxEnd::Finished),
    ]);
    assert_eq!(asked.len(), 2);
    assert_eq!((numbers(&text), text.lost.len()), (vec![1], 1));
}

#[test]
fn a_cut_record_is_none() {
    let mut cut = pages((1..=9).map(page), SandboxEnd::TooMuchOutput);
    cut.output.truncate(cut.output.len() - 1);
    let (text, _) = text([cut, pages([page(9)], SandboxEnd::Finished)]);
    assert_eq!(text.lost.len(), 0);
}

#[test]
fn a_sandbox_that_cannot_run_is_tried_again() {
    assert!(matches!(read_by(&scripted([])), Outcome::Retry { .. }));
}

#[test]
fn a_stop_is_obeyed_between_readers() {
    let mut script = scripted([pages([page(1)], SandboxEnd::Crashed)]);
    script.stop_at = 1;
    assert_eq!(read_by(&script), Outcome::Cancelled);
    assert_eq!(script.asked.into_inner().unwrap().len(), 1);
}

fn any_answer() -> impl Strategy<Value = SandboxAnswer> {
    let record = prop_oneof![
        8 => (0_u32..12, any::<bool>()).prop_map(|(number, fails)| {
            TextRecord::Page(if fails { failed(number) } else { page(number) })
        }),
        1 => (0_u32..12).prop_map(|pages| TextRecord::Opened { pages }),
        1 => Just(TextRecord::Done),
        1 => Just(TextRecord::Refused(Refusal::Encrypted)),
    ];
    let end = proptest::sample::select(&[
        SandboxEnd::Finished,
        SandboxEnd::OutOfMemory,
        SandboxEnd::OutOfTime,
        SandboxEnd::TooMuchOutput,
        SandboxEnd::Crashed,
    ]);
    (
        proptest::collection::vec(record, 0..12),
        end,
        0_usize..40,
        any::<bool>(),
    )
        .prop_map(|(mut records, end, cut, opened)| {
            if opened {
                records.insert(0, TextRecord::Opened { pages: 9 });
            }
            let mut answer = answer(&records, end);
            answer
                .output
                .truncate(answer.output.len().saturating_sub(cut / 4));
            answer
        })
}

proptest! {
    #[test]
    fn every_page_is_read_or_lost_whatever_readers_write(
        answers in proptest::collection::vec(any_answer(), MAX_READERS),
    ) {
        match read_by(&scripted(answers)) {
            Outcome::Done(Reading::Text(text)) => {
                prop_assert!(text.pages > 0);
                for page in 1..=text.pages {
                    prop_assert!(text.read.contains_key(&page) != text.lost.contains_key(&page), "{page} {text:?}");
                }
                prop_assert_eq!(text.read.len() + text.lost.len(), text.pages as usize);
                prop_assert!(text.read.iter().all(|(number, text)| text.page.number == *number));
            }
            Outcome::Done(Reading::Refused(_)) => {}
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
