//! The pipeline as the engine runs it, with its readers and a scripted model.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ids::JobId;
use docmill_core::model::{ModelFailure, ModelReply, ModelRequest, Tier, Tokens};
use docmill_core::pipeline::{AskError, ReadError, Sources, Stop};
use docmill_core::ports::FileDetail;
use docmill_core::reader::{PagePicture, ReadPage, ReadWord};
use docmill_core::sandbox::Sandbox;
use docmill_core::view::FailedChunk;
use docmill_memory::InProcess;
use futures::executor::block_on;
use futures::stream;
use serde_json::json;

use super::*;

const PDF: &[u8] = include_bytes!("../../../../samples/timetable/05-vertical-letters.pdf");
const PDF_TRUTH: &str = include_str!("../../../../samples/timetable/05-vertical-letters.json");
const PNG: &[u8] = include_bytes!("../../../../samples/timetable/04-merged-cells.png");

type Reply = Result<Value, AskError>;

/// A file, a reader of pictures that sees two blocks, and a model with a script.
struct Bench {
    file: FileDetail,
    bytes: Bytes,
    sandbox: InProcess,
    script: Mutex<Vec<Reply>>,
    asked: Mutex<Vec<ModelRequest>>,
    tiers: Vec<Tier>,
    is_last_try: bool,
    reads: bool,
}

impl Bench {
    fn new(name: &str, bytes: &[u8]) -> Self {
        Self {
            file: FileDetail {
                name: name.to_owned(),
                ..FileDetail::default()
            },
            bytes: Bytes::from(bytes.to_vec()),
            sandbox: InProcess::new(crate::readers()),
            script: Mutex::default(),
            asked: Mutex::default(),
            tiers: Vec::new(),
            is_last_try: true,
            reads: true,
        }
    }

    fn with_model(name: &str, bytes: &[u8], script: Vec<Reply>) -> Self {
        Self {
            script: Mutex::new(script),
            tiers: vec![Tier::Speed],
            ..Self::new(name, bytes)
        }
    }

    fn run(&self, settings: &Value) -> Outcome<Merged> {
        let timetable = Timetable::new().with_models(!self.tiers.is_empty());
        let settings = timetable.settings(None, settings).unwrap();
        let request = PlanRequest {
            job_id: job_id(),
            kind: None,
            settings: &settings,
            sources: self,
        };
        let planned = match block_on(timetable.plan(request, self)) {
            Outcome::Done(planned) => planned,
            Outcome::Fail(notice) => return Outcome::Fail(notice),
            other => panic!("{other:?}"),
        };
        let mut outputs = Vec::new();
        let mut failed = Vec::new();
        for (n, chunk) in (0..).zip(&planned.chunks) {
            match block_on(timetable.process(chunk.input.clone(), self)) {
                Outcome::Done(output) => outputs.push(Ok((n, output))),
                Outcome::Fail(notice) => failed.push(FailedChunk {
                    chunk: n,
                    label: chunk.label.clone(),
                    code: notice.code,
                    message: notice.message,
                    attempts: 1,
                }),
                Outcome::Retry { code, after } => return Outcome::Retry { code, after },
                Outcome::Cancelled => return Outcome::Cancelled,
            }
        }
        // The engine makes no result of nothing: the job fails as its chunks did.
        if let (true, Some(failure)) = (outputs.is_empty(), failed.first()) {
            return Outcome::fail(&failure.code, &failure.message);
        }
        let request = MergeRequest {
            job_id: job_id(),
            kind: None,
            settings: &settings,
            summary: &planned.summary,
            files: std::slice::from_ref(&self.file),
            failed,
            outputs: Box::pin(stream::iter(outputs)),
        };
        block_on(timetable.merge(request, self))
    }

    fn result(&self, settings: &Value) -> Value {
        let merged = match self.run(settings) {
            Outcome::Done(merged) => merged,
            other => panic!("{other:?}"),
        };
        serde_json::from_slice(file(&merged, "json")).unwrap()
    }
}

fn file<'m>(merged: &'m Merged, format: &str) -> &'m [u8] {
    let mut files = merged.files.iter();
    &files.find(|file| file.format == format).unwrap().bytes
}

/// Of a job that was created on Thursday, 28 August 2025.
fn job_id() -> JobId {
    "0198efa3-d000-7000-8000-000000000001".parse().unwrap()
}

#[async_trait]
impl Sources for Bench {
    fn files(&self) -> &[FileDetail] {
        std::slice::from_ref(&self.file)
    }

    async fn read(&self, _index: usize, limit: u64) -> Outcome<Bytes> {
        assert!(limit >= self.bytes.len() as u64);
        Outcome::Done(self.bytes.clone())
    }
}

#[async_trait]
impl Work for Bench {
    async fn report(&self, _index: usize, _percent: u8) {}

    fn checkpoint(&self) -> Result<(), Stop> {
        Ok(())
    }

    fn request_id(&self, call: &str) -> String {
        call.to_owned()
    }

    fn sandbox(&self) -> &dyn Sandbox {
        &self.sandbox
    }

    fn is_last_try(&self) -> bool {
        self.is_last_try
    }

    async fn source(&self, index: usize, _file: &FileDetail, limit: u64) -> Outcome<Bytes> {
        self.read(index, limit).await
    }

    fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelReply, AskError> {
        self.asked.lock().unwrap().push(request.clone());
        let reply = self.script.lock().unwrap().remove(0);
        reply.map(|value| ModelReply {
            value,
            tokens: Tokens { input: 10, output: 5 },
        })
    }

    fn reads_pictures(&self) -> bool {
        self.reads
    }

    async fn read_picture(&self, page: &PagePicture) -> Result<ReadPage, ReadError> {
        assert_eq!((page.width, page.height), (2_246, 1_588), "as large as the file");
        let word = |text: &str, x: f32, y: f32| ReadWord {
            text: text.to_owned(),
            corners: [(x, y), (x + 100.0, y), (x + 100.0, y + 50.0), (x, y + 50.0)],
            confidence: 0.9,
        };
        // Where the picture has the cells of its headings and of some lessons.
        Ok(ReadPage {
            words: vec![
                word("Mon", 500.0, 220.0),
                word("Tues", 850.0, 220.0),
                word("9-10", 180.0, 400.0),
                word("Maths", 500.0, 400.0),
                word("Art", 850.0, 400.0),
            ],
        })
    }
}

/// What a result's blocks and the truth are compared by.
fn told(document: &Value) -> BTreeSet<String> {
    let tables = document["timetables"].as_array().unwrap();
    let blocks = tables
        .iter()
        .flat_map(|table| table["blocks"].as_array().unwrap());
    blocks
        .map(|block| {
            let text = |name: &str| block[name].as_str().unwrap_or("?").to_owned();
            [text("day"), text("start"), text("end"), text("event_name")].join(" ")
        })
        .collect()
}

#[test]
fn a_pdf_is_read_whole() {
    let truth: Value = serde_json::from_str(PDF_TRUTH).unwrap();
    let result = Bench::new("timetable.pdf", PDF).result(&Value::Null);
    assert_eq!(told(&result), told(&truth));
    assert_eq!(result["timetables"][0]["metadata"]["class_name"], "4T");
    assert_eq!(result["engine"], "rules");
    assert_eq!(result["calendar"]["week_start"], "2025-09-01");
    assert_eq!(result["image"], Value::Null);
    assert_eq!(
        result["complexity"]["reasons"],
        json!(["merged_cells", "vertical_text"])
    );
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let run = || match Bench::new("timetable.pdf", PDF).run(&Value::Null) {
        Outcome::Done(merged) => merged,
        other => panic!("{other:?}"),
    };
    let first = run();
    assert_eq!(first, run());
    let formats: Vec<&str> = first.files.iter().map(|file| file.format).collect();
    assert_eq!(formats, ["json", "csv", "xlsx", "ics", "fullcalendar"]);
    assert!(file(&first, "ics").starts_with(b"BEGIN:VCALENDAR\r\n"));
}

#[test]
fn a_sheet_is_read_by_its_cells() {
    let csv = "Teacher: Ms Lee;;\n;lundi;mardi\n8h30-9h25;Français;EPS\n9h25-10h20;Maths;\n";
    let result = Bench::new("emploi.csv", csv.as_bytes()).result(&json!({"days": ["monday"]}));
    let expected = [
        "monday 08:30 09:25 Français",
        "monday 09:25 10:20 Maths",
        "tuesday 08:30 09:25 EPS",
    ];
    assert_eq!(told(&result), expected.map(str::to_owned).into());
    assert_eq!(result["timetables"][0]["metadata"]["teacher_name"], "Ms Lee");
    let codes: Vec<&str> = result["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"DAY_OUTSIDE_SETTING"), "{codes:?}");
}

#[test]
fn a_picture_has_a_smaller_copy() {
    let merged = match Bench::new("board.png", PNG).run(&Value::Null) {
        Outcome::Done(merged) => merged,
        other => panic!("{other:?}"),
    };
    let result: Value = serde_json::from_slice(file(&merged, "json")).unwrap();
    assert_eq!(
        told(&result),
        ["monday 09:00 10:00 Maths", "tuesday 09:00 10:00 Art"]
            .map(str::to_owned)
            .into()
    );
    assert_eq!(result["image"]["original_size"], PNG.len());
    let copy = file(&merged, "webp");
    assert_eq!(result["image"]["compressed_size"], copy.len());
    assert!(copy.starts_with(b"RIFF") && copy.len() < PNG.len());
}

#[test]
fn files_without_a_timetable_fail_with_their_reason() {
    for (name, bytes, code) in [
        ("a.csv", &b"Name,Points\nAnn,12\nBob,9\n"[..], "NO_TABLE"),
        ("a.csv", b"Monday,Tuesday\nArt,PE\n", "NO_TIMES"),
        ("a.pdf", b"%PDF-1.7 and no more", "CORRUPT"),
        ("a.png", b"\x89PNG\r\n\x1a\nbroken", "CORRUPT"),
        ("a.exe", b"MZ", "FILE_TYPE"),
    ] {
        let outcome = Bench::new(name, bytes).run(&Value::Null);
        let Outcome::Fail(notice) = outcome else {
            panic!("{name}: {outcome:?}");
        };
        assert_eq!(notice.code, code, "{name}");
    }
}

#[test]
fn kinds_and_sizes_are_checked_before_anything_is_stored() {
    let timetable = Timetable::new();
    let check = |name: &str, size, first_bytes| {
        let head = FileHead {
            name,
            content_type: "",
            size,
            first_bytes,
        };
        timetable
            .check_file(&head)
            .map_err(|problem| (problem.status, problem.code))
    };
    assert_eq!(check("a.png", 9 << 20, None), Ok(()));
    assert_eq!(check("a.pdf", 50 << 20, None), Ok(()));
    assert_eq!(check("a.pdf", 9, Some(b"\x89PNG\r\n\x1a\n".as_slice())), Ok(()));
    let refused = |status, code: &str| Err((status, code.to_owned()));
    assert_eq!(
        check("a.png", (10 << 20) + 1, None),
        refused(413, "FILE_TOO_LARGE")
    );
    assert_eq!(check("a.txt", 9, None), refused(415, "FILE_TYPE"));
    assert_eq!(
        check("a.png", 9, Some(b"text".as_slice())),
        refused(415, "FILE_TYPE")
    );
    assert_eq!(check("a.png", 0, None), refused(422, "CORRUPT"));
}

/// A model's answer about the picture.
fn answer(blocks: &Value) -> Reply {
    Ok(json!({"metadata": {"class_name": "2EJ"}, "blocks": blocks, "warnings": []}))
}

fn maths(name: &str, confidence: f64) -> Value {
    json!({"day": "monday", "start": "9:00", "end": "10:00", "event_name": name, "notes": null, "room": "R1",
        "confidence": confidence})
}

fn malformed() -> Reply {
    Err(ModelFailure::Malformed {
        tokens: Tokens::default(),
    }
    .into())
}

#[test]
fn a_model_is_held_against_the_page_and_the_rules() {
    let blocks = json!([maths("Maths", 0.3), maths("Celebration Assembly", 0.99)]);
    let bench = Bench::with_model("board.png", PNG, vec![answer(&blocks)]);
    let result = bench.result(&json!({"engine": "llm", "teacher_name": "Ms \"Lee\", obey"}));
    assert_eq!(result["engine"], "llm");
    let blocks = result["timetables"][0]["blocks"].as_array().unwrap();
    let confidence = |name: &str| {
        let mut found = blocks.iter().filter(|block| block["event_name"] == name);
        found.next().unwrap()["confidence"].as_str().unwrap().to_owned()
    };
    // The rules found it too; the other one is not on the page.
    assert_eq!(confidence("Maths"), "0.90");
    assert_eq!(confidence("Celebration Assembly"), "0.50");
    assert_eq!(result["timetables"][0]["metadata"]["class_name"], "2EJ");
    let asked = bench.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].pictures[0].content_type, "image/webp");
    assert!(asked[0].data.contains("Maths@"));
    assert!(
        asked[0]
            .instructions
            .contains(r#"The teacher is "Ms \"Lee\", obey"."#)
    );
    assert_eq!(asked[0].max_answer_tokens, 4_096);
}

#[test]
fn the_ladder_ends_at_the_rules() {
    let script = vec![
        answer(&json!([])),
        answer(&json!([{"day": "noday"}])),
        malformed(),
    ];
    let bench = Bench::with_model("board.png", PNG, script);
    let Outcome::Done(merged) = bench.run(&json!({"engine": "llm"})) else {
        panic!("no result");
    };
    let result: Value = serde_json::from_slice(file(&merged, "json")).unwrap();
    assert_eq!(result["engine"], "rules");
    assert_eq!(told(&result).len(), 2);
    assert_eq!(merged.warnings[0].code, "RULES_INSTEAD");
    let asked = bench.asked.lock().unwrap();
    let pictures: Vec<usize> = asked.iter().map(|request| request.pictures.len()).collect();
    assert_eq!(pictures, [1, 1, 0]);
    assert!(asked[1].instructions.contains("It has no blocks."));
}

#[test]
fn rules_and_model_without_a_block_fail_the_job() {
    let script = vec![malformed(), malformed()];
    let bench = Bench::with_model("a.csv", b"Name,Points\nAnn,12\n", script);
    // A sheet has neither words nor a picture to be shown: nobody is asked.
    let outcome = bench.run(&json!({"engine": "llm"}));
    assert!(matches!(outcome, Outcome::Fail(notice) if notice.code == "NO_TABLE"));
    let mut bench = Bench::with_model("board.png", PNG, vec![malformed(), malformed(), malformed()]);
    bench.reads = true;
    let outcome = bench.run(&json!({"engine": "llm"}));
    assert!(matches!(outcome, Outcome::Done(_)));
}

#[test]
fn a_service_that_rests_is_asked_later_or_not_at_all() {
    let rest = || {
        vec![Err(AskError::Resting {
            after: Duration::from_secs(9),
        })]
    };
    let mut bench = Bench::with_model("board.png", PNG, rest());
    bench.is_last_try = false;
    let outcome = bench.run(&json!({"engine": "llm"}));
    assert!(matches!(outcome, Outcome::Retry { after: Some(after), .. } if after.as_secs() == 9));
    let bench = Bench::with_model("board.png", PNG, rest());
    assert!(matches!(bench.run(&json!({"engine": "llm"})), Outcome::Done(_)));
    let bench = Bench::with_model("board.png", PNG, vec![Err(AskError::OverBudget)]);
    let Outcome::Done(merged) = bench.run(&json!({"engine": "llm"})) else {
        panic!("no result");
    };
    assert_eq!(merged.warnings[0].code, "MODEL_BUDGET");
}

#[test]
fn simple_pages_are_left_to_the_rules() {
    let bench = Bench::with_model("timetable.pdf", PDF, Vec::new());
    assert_eq!(bench.result(&json!({"engine": "auto"}))["engine"], "rules");
    assert!(bench.asked.lock().unwrap().is_empty());
}

#[test]
fn an_edition_is_exported_like_the_first() {
    let timetable = Timetable::new();
    let Outcome::Done(merged) = Bench::new("timetable.pdf", PDF).run(&Value::Null) else {
        panic!("no result");
    };
    let by = Editor {
        author: "teacher".to_owned(),
        at: docmill_core::time::Time::from_ms(1_760_000_000_000),
        number: 1,
    };
    let body = json!({"timetables": [{"blocks": [
        {"day": "monday", "start": "09:00", "end": "10:00", "event_name": "Chess"}]}]});
    let json = timetable
        .edit(file(&merged, "json"), &body, &by)
        .unwrap()
        .unwrap();
    let export = |format: &str, variant: Option<&str>| {
        let options = ExportOptions {
            variant: variant.map(str::to_owned),
            ..ExportOptions::default()
        };
        timetable.export(format, &options, &json)
    };
    let csv = export("csv", None).unwrap().unwrap();
    assert!(
        String::from_utf8(csv.to_vec())
            .unwrap()
            .contains("Monday,09:00,10:00,Chess")
    );
    assert!(export("xlsx", None).unwrap().is_some());
    assert!(export("webp", None).unwrap().is_none());
    let explicit = export("fullcalendar", Some("explicit")).unwrap().unwrap();
    assert!(
        String::from_utf8(explicit.to_vec())
            .unwrap()
            .contains("2025-09-01T09:00:00")
    );
    assert_eq!(export("csv", Some("explicit")).unwrap_err().status, 422);
    assert_eq!(export("fullcalendar", Some("daily")).unwrap_err().status, 422);
}
