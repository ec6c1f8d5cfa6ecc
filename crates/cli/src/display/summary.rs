//! A job in words: one in full, many in a table, and what a finished one brought.

use serde_json::Value;

use super::date_time;
use crate::client::{Job, printable};

/// Sentences shown of a result.
const SHOWN_SENTENCES: usize = 10;

/// Longest sentence shown.
const SHOWN_CHARS: usize = 100;

/// A table of jobs.
pub fn table(jobs: &[Job]) -> String {
    if jobs.is_empty() {
        return "No jobs.\n".to_owned();
    }
    let mut text = format!(
        "{:36}  {:19}  {:15}  {:>4}  {:12}  NAME\n",
        "JOB", "CREATED", "STATUS", "%", "PIPELINE"
    );
    for job in jobs {
        let name = job
            .label
            .as_deref()
            .or(job.file_name.as_deref())
            .unwrap_or_default();
        text.push_str(&format!(
            "{:36}  {:19}  {:15}  {:>4}  {:12}  {}\n",
            printable(&job.job_id),
            date_time(&job.created_at),
            status(job),
            job.progress_percent,
            printable(&job.pipeline),
            printable(name),
        ));
    }
    text
}

/// One job in full.
pub fn details(job: &Job) -> String {
    let mut rows = vec![
        ("Job", printable(&job.job_id)),
        ("Pipeline", printable(&job.pipeline)),
        (
            "Status",
            format!(
                "{}, attempt {}, version {}",
                status(job),
                job.attempt,
                job.version
            ),
        ),
        (
            "Stage",
            format!("{} ({} %)", printable(&job.stage), job.progress_percent),
        ),
    ];
    if let Some(label) = &job.label {
        rows.insert(1, ("Label", printable(label)));
    }
    if let Some(total) = job.total_chunks {
        let failed = if job.failed_count > 0 {
            format!(", {} failed", job.failed_count)
        } else {
            String::new()
        };
        rows.push(("Chunks", format!("{} of {total}{failed}", job.processed_chunks)));
    }
    for file in &job.files {
        rows.push(("File", format!("{}, {} bytes", printable(&file.name), file.size)));
    }
    rows.push(("Created", format!("{} UTC", date_time(&job.created_at))));
    if let Some(seconds) = job.processing_time_seconds {
        rows.push(("Took", format!("{seconds:.1} s")));
    }
    rows.push(("Used", used(job)));
    if !job.formats.is_empty() {
        rows.push(("Formats", printable(&job.formats.join(", "))));
    }
    for edition in &job.editions {
        let (author, at) = (printable(&edition.author), date_time(&edition.at));
        rows.push(("Edition", format!("{} by {author}, {at} UTC", edition.number)));
    }
    let mut text: String = rows
        .iter()
        .map(|(name, value)| format!("{name:9} {value}\n"))
        .collect();
    text.push_str(&notes(job));
    text
}

/// Why a job failed, its warnings and its failed chunks.
pub fn notes(job: &Job) -> String {
    let mut text = String::new();
    if let Some(error) = &job.error {
        text.push_str(&format!(
            "error: {} ({})\n",
            printable(&error.message),
            printable(&error.code)
        ));
    }
    for warning in &job.warnings {
        text.push_str(&format!(
            "warning: {} ({})\n",
            printable(&warning.message),
            printable(&warning.code)
        ));
    }
    for chunk in &job.failed_chunks {
        text.push_str(&format!(
            "failed: {}: {} ({})\n",
            printable(&chunk.label),
            printable(&chunk.message),
            printable(&chunk.code)
        ));
    }
    let hidden = job.failed_count as usize - job.failed_chunks.len().min(job.failed_count as usize);
    if hidden > 0 && !job.failed_chunks.is_empty() {
        text.push_str(&format!("failed: {hidden} more\n"));
    }
    text
}

/// The first sentences of a `novel` result with its totals; `None` for a result of another form.
pub fn sentences(result: &Value) -> Option<String> {
    let sentences = result.get("sentences")?.as_array()?;
    let mut text = String::new();
    for (at, sentence) in sentences.iter().take(SHOWN_SENTENCES).enumerate() {
        let shown = printable(sentence.get("text")?.as_str()?);
        let mut shown: String = shown.chars().take(SHOWN_CHARS).collect();
        let flags = sentence.get("flags").and_then(Value::as_array);
        for flag in flags.into_iter().flatten().filter_map(Value::as_str) {
            shown.push_str(&format!(" [{}]", printable(flag)));
        }
        text.push_str(&format!("{:4}  {shown}\n", at + 1));
    }
    if sentences.len() > SHOWN_SENTENCES {
        text.push_str("      …\n");
    }
    let count = |name: &str| {
        result
            .get("stats")
            .and_then(|stats| stats.get(name))
            .and_then(Value::as_u64)
    };
    text.push_str(&format!(
        "\n{} from {}, {}.\n",
        counted(
            count("output_sentences").unwrap_or(sentences.len() as u64),
            "sentence"
        ),
        count("source_sentences").unwrap_or_default(),
        counted(count("fragments").unwrap_or_default(), "fragment"),
    ));
    Some(text)
}

/// What an ended job took: time, requests, cost.
pub fn totals(job: &Job) -> String {
    let seconds = job
        .processing_time_seconds
        .map_or_else(String::new, |seconds| format!("{seconds:.1} s, "));
    let chunks = job.total_chunks.map_or_else(String::new, |total| {
        format!("{}, ", counted(total.into(), "chunk"))
    });
    format!("{chunks}{seconds}{}.\n", used(job))
}

/// Where everything of the job is.
pub fn links(base: &str, job: &Job) -> String {
    let id = printable(&job.job_id);
    let mut text = format!("Page    {base}/\nJob     {base}{}\n", printable(&job.links.this));
    if let Some(result) = &job.links.result {
        text.push_str(&format!(
            "Result  {base}{} ({})\n",
            printable(result),
            printable(&job.formats.join(", "))
        ));
        let format = job
            .formats
            .iter()
            .find(|format| *format != "json")
            .or(job.formats.first());
        let format = printable(format.map_or("json", String::as_str));
        text.push_str(&format!(
            "        docmill result {id} --format {format} --output result.{format}\n"
        ));
    }
    if job.links.retry.is_some() {
        text.push_str(&format!("        docmill retry {id} --watch\n"));
    }
    text
}

/// A number with its word, in the plural where it takes one.
pub fn counted(count: u64, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {word}{ending}")
}

fn status(job: &Job) -> String {
    match job.outcome.as_deref() {
        Some("partial") => "completed/part".to_owned(),
        _ => printable(&job.status),
    }
}

fn used(job: &Job) -> String {
    let requests: u64 = job
        .usage
        .requests
        .values()
        .fold(0, |sum: u64, count| sum.saturating_add(*count));
    let cost = if job.usage.cost_usd.is_empty() {
        "0"
    } else {
        &job.usage.cost_usd
    };
    format!("{}, ${}", counted(requests, "request"), printable(cost))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job() -> Job {
        serde_json::from_value(json!({
            "job_id": "019aa000-0000-7000-8000-000000000001", "pipeline": "novel", "status": "completed",
            "outcome": "partial", "stage": "Completed with errors", "progress_percent": 100, "total_chunks": 3,
            "processed_chunks": 3, "failed_count": 22, "attempt": 1, "version": 9, "file_name": "roman.txt",
            "failed_chunks": [{"chunk": 1, "label": "pages 2–3", "code": "X", "message": "No.", "attempts": 3}],
            "warnings": [{"code": "W", "message": "Odd."}], "formats": ["json", "csv"],
            "usage": {"requests": {"s3.put": 3, "sqs.send": 2}, "cost_usd": "0.000017"},
            "created_at": "2026-11-21T22:12:10.007Z", "processing_time_seconds": 1.26,
            "links": {"self": "/v1/jobs/x", "result": "/v1/jobs/x/result", "retry": "/v1/jobs/x/retry"},
        }))
        .unwrap()
    }

    #[test]
    fn a_finished_job_in_words() {
        let text = details(&job());
        for part in [
            "completed/part",
            "3 of 3, 22 failed",
            "1.3 s",
            "5 requests, $0.000017",
            "pages 2–3: No. (X)",
            "21 more",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert_eq!(totals(&job()), "3 chunks, 1.3 s, 5 requests, $0.000017.\n");
        let text = links("http://h/base", &job());
        assert!(
            text.contains("http://h/base/v1/jobs/x/result (json, csv)"),
            "{text}"
        );
        assert!(text.contains("--format csv --output result.csv"), "{text}");
        assert!(table(&[job()]).lines().nth(1).unwrap().ends_with("roman.txt"));
        assert_eq!(table(&[]), "No jobs.\n");
    }

    #[test]
    fn an_empty_job_is_no_panic() {
        let job = Job::default();
        for text in [
            details(&job),
            totals(&job),
            links("", &job),
            table(std::slice::from_ref(&job)),
            notes(&job),
        ] {
            assert!(!text.contains('\u{1b}'));
        }
    }

    #[test]
    fn the_first_ten_sentences_are_shown() {
        let rows: Vec<Value> = (1..=12)
            .map(|n| json!({"text": format!("Phrase {n}."), "flags": ["short"]}))
            .collect();
        let result = json!({"sentences": rows, "stats": {"output_sentences": 12, "source_sentences": 9, "fragments": 1}});
        let text = sentences(&result).unwrap();
        assert!(text.starts_with("   1  Phrase 1. [short]\n"), "{text}");
        assert!(text.contains("  10  Phrase 10.") && !text.contains("Phrase 11."));
        assert!(text.ends_with("12 sentences from 9, 1 fragment.\n"), "{text}");
    }

    #[test]
    fn results_of_another_form_are_left_alone() {
        for odd in [
            json!(null),
            json!({"sentences": 5}),
            json!({"sentences": [{"text": 5}]}),
            json!([]),
        ] {
            assert_eq!(sentences(&odd), None);
        }
    }
}
