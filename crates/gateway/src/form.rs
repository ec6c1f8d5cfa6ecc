//! Files and fields of a `multipart/form-data` request.

use std::collections::BTreeMap;

use bytes::Bytes;
use docmill_core::intake::SentFile;
use docmill_core::problem::{FieldError, Problem};
use futures::{FutureExt, stream};
use multer::{Field, Multipart};

use crate::request::Request;

/// The field that files come in.
pub const FILE_FIELD: &str = "file";

/// Longest value of a field that is no file.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Most parts that are looked at: more than any valid request has.
const MAX_PARTS: usize = 1_000;

/// A decoded form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Its fields but files.
    pub fields: BTreeMap<String, String>,
    /// Its files in the order of the request.
    pub files: Vec<SentFile>,
}

/// Reads the form of a request. 400 when it cannot be read, 422 for a field that is there twice, is too long or brings
/// a file where none belongs.
pub fn read(request: &Request) -> Result<Form, Problem> {
    let content_type = request.header("content-type").unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|error| unreadable(&error))?;
    let body = request.body()?;
    let stream = stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    // All bytes are there: a decoder that still waits has met the end too early.
    decode(Multipart::new(stream, boundary))
        .now_or_never()
        .unwrap_or_else(|| Err(unreadable(&multer::Error::IncompleteStream)))
}

async fn decode(mut parts: Multipart<'_>) -> Result<Form, Problem> {
    let mut form = Form::default();
    let mut errors = Vec::new();
    for _ in 0..MAX_PARTS {
        let Some(field) = parts.next_field().await.map_err(|error| unreadable(&error))? else {
            return if errors.is_empty() {
                Ok(form)
            } else {
                Err(Problem::invalid(errors))
            };
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name == FILE_FIELD {
            form.files.push(file(field).await?);
            continue;
        }
        if field.file_name().is_some() {
            let detail = "Files go into the field `file`.";
            errors.push(FieldError::new(shown(&name), "UNEXPECTED_FILE", detail));
            continue;
        }
        match text(&name, &bytes_of(field).await?) {
            Ok(_) if form.fields.contains_key(&name) => {
                let detail = "This field may be given once.";
                errors.push(FieldError::new(shown(&name), "DUPLICATE_FIELD", detail));
            }
            Ok(text) => {
                form.fields.insert(name, text);
            }
            Err(error) => errors.push(error),
        }
    }
    let detail = format!("A form may have at most {MAX_PARTS} parts.");
    Err(Problem::new(422, "TOO_MANY_FIELDS", detail))
}

async fn file(field: Field<'_>) -> Result<SentFile, Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let content_type = field
        .content_type()
        .map_or_else(|| "application/octet-stream".to_owned(), ToString::to_string);
    Ok(SentFile {
        name,
        content_type,
        bytes: bytes_of(field).await?,
    })
}

async fn bytes_of(field: Field<'_>) -> Result<Bytes, Problem> {
    field.bytes().await.map_err(|error| unreadable(&error))
}

fn text(name: &str, bytes: &[u8]) -> Result<String, FieldError> {
    if bytes.len() > MAX_TEXT_BYTES {
        let detail = "This field is longer than 64 KB.";
        return Err(FieldError::new(shown(name), "FIELD_TOO_LONG", detail));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| {
        let detail = "This field is not valid UTF-8.";
        FieldError::new(shown(name), "INVALID_TEXT", detail)
    })
}

/// A name of the client's making, short enough to be sent back.
fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

fn unreadable(error: &multer::Error) -> Problem {
    Problem::new(
        400,
        "INVALID_FORM",
        format!("The form could not be read: {error}."),
    )
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::event::HttpEvent;

    fn form(body: &[u8]) -> Result<Form, Problem> {
        let event = HttpEvent {
            headers: [(
                "content-type".to_owned(),
                "multipart/form-data; boundary=B".to_owned(),
            )]
            .into(),
            body: Some(STANDARD.encode(body)),
            is_base64_encoded: true,
            ..HttpEvent::default()
        };
        read(&Request::from(event))
    }

    fn part(disposition: &str, body: &str) -> String {
        format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{body}\r\n")
    }

    const END: &str = "--B--\r\n";

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = [
            &part("name=\"pipeline\"", "novel"),
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"été.txt\"\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nIl était\r\n--une fois\r\n",
            &part("name=\"file\"; filename=\"../../etc/passwd\"", "\r\n"),
            END,
        ]
        .concat();
        let form = form(body.as_bytes()).unwrap();
        assert_eq!(form.fields, [("pipeline".to_owned(), "novel".to_owned())].into());
        assert_eq!(form.files[0].name, "été.txt");
        assert_eq!(form.files[0].content_type, "text/plain; charset=utf-8");
        assert_eq!(form.files[0].bytes, "Il était\r\n--une fois");
        assert_eq!(form.files[1].name, "../../etc/passwd");
        assert_eq!(form.files[1].content_type, "application/octet-stream");
        assert_eq!(form.files[1].bytes, "\r\n");
    }

    #[test]
    fn odd_fields_are_named() {
        let body = [
            part("name=\"label\"", "one"),
            part("name=\"label\"", "two"),
            part("name=\"document\"; filename=\"a.txt\"", "text"),
            part("name=\"settings\"", &"x".repeat(MAX_TEXT_BYTES + 1)),
            END.to_owned(),
        ]
        .concat();
        let codes: Vec<String> = form(body.as_bytes())
            .unwrap_err()
            .errors
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect();
        assert_eq!(
            codes,
            [
                "label DUPLICATE_FIELD",
                "document UNEXPECTED_FILE",
                "settings FIELD_TOO_LONG"
            ]
        );
        let not_utf8 = [part("name=\"label\"", "?").as_bytes(), END.as_bytes()].concat();
        let not_utf8: Vec<u8> = not_utf8
            .into_iter()
            .map(|byte| if byte == b'?' { 0xff } else { byte })
            .collect();
        assert_eq!(form(&not_utf8).unwrap_err().errors[0].code, "INVALID_TEXT");
    }

    #[test]
    fn broken_forms_are_refused() {
        let whole = [part("name=\"label\"", "one"), END.to_owned()].concat();
        for end in 0..whole.len() - 4 {
            let code = form(&whole.as_bytes()[..end]).unwrap_err().code;
            assert_eq!(code, "INVALID_FORM", "cut at {end}");
        }
        let event = HttpEvent {
            headers: [("content-type".to_owned(), "multipart/form-data".to_owned())].into(),
            ..HttpEvent::default()
        };
        assert_eq!(read(&Request::from(event)).unwrap_err().status, 400);
    }

    #[test]
    fn many_parts_are_not_read_to_the_end() {
        let body = [
            part("name=\"file\"; filename=\"a\"", "").repeat(MAX_PARTS + 1),
            END.to_owned(),
        ]
        .concat();
        assert_eq!(form(body.as_bytes()).unwrap_err().code, "TOO_MANY_FIELDS");
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(
            prop_oneof![Just(b'-'), Just(b'B'), Just(b'\r'), Just(b'\n'), Just(b':'), Just(b'"'), any::<u8>()], 0..200)
        ) {
            let _ = form(&bytes);
            let _ = form(&[b"--B\r\nContent-Disposition: form-data; name=\"file\"\r\n", &bytes[..]].concat());
        }
    }
}
