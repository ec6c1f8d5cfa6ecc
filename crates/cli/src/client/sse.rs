//! Server-Sent Events, as a plain `EventSource` reads them.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderName};
use reqwest::{Response, StatusCode};

use super::{Client, ClientError, ClientResult};

/// A line or an event larger than this is no event of ours.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The last id that was sent, with this event or before it.
    pub id: String,
    /// `message` unless it was named.
    pub name: String,
    /// Its lines, joined by line feeds.
    pub data: String,
}

/// The stream was not one of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of more than 1 MB")]
pub struct TooLarge;

/// Takes bytes as they come and gives events, by the HTML standard's rules.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    after_cr: bool,
    begun: bool,
    name: String,
    data: String,
    has_data: bool,
    id: String,
    retry: Option<Duration>,
}

impl SseParser {
    /// Takes the next bytes; the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, TooLarge> {
        let mut events = Vec::new();
        for byte in bytes {
            // CR, LF and CRLF each end one line.
            let second_of_pair = std::mem::replace(&mut self.after_cr, *byte == b'\r') && *byte == b'\n';
            match byte {
                _ if second_of_pair => {}
                b'\r' | b'\n' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.len() >= MAX_EVENT_BYTES => return Err(TooLarge),
                _ => self.line.push(*byte),
            }
        }
        Ok(events)
    }

    /// The pause before a reconnection, if the stream set one.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The last id of a completed line, to be sent as `Last-Event-ID`.
    pub fn last_id(&self) -> &str {
        &self.id
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let mut line = line.as_ref();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.name),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis);
            }
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| SseEvent {
            id: self.id.clone(),
            name: if name.is_empty() {
                "message".to_owned()
            } else {
                name
            },
            data,
        })
    }
}

/// One answer of the event stream, being read.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    parser: SseParser,
    ready: std::collections::VecDeque<SseEvent>,
}

impl EventStream {
    /// The next event; `None` at the end of the answer, after which an `EventSource` comes back.
    pub async fn next(&mut self) -> ClientResult<Option<SseEvent>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let chunk = self.response.chunk().await;
            match chunk.map_err(|error| ClientError::Unreadable(super::reason(&error)))? {
                Some(bytes) => {
                    let events = self.parser.push(&bytes);
                    self.ready
                        .extend(events.map_err(|error| ClientError::Unreadable(error.to_string()))?);
                }
                None => return Ok(None),
            }
        }
    }

    /// The pause before a reconnection, if the stream set one.
    pub fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }
}

impl Client {
    /// Opens the event stream at `link` (the job's `links.stream`, which has its own token), after the event
    /// `last_id`. `None` when the service has nothing more to send, ever: an `EventSource` stops there.
    pub async fn stream(&self, link: &str, last_id: Option<&str>) -> ClientResult<Option<EventStream>> {
        let mut request = self
            .http
            .get(self.absolute(link)?)
            .header(ACCEPT, "text/event-stream");
        if let Some(id) = last_id {
            request = request.header(HeaderName::from_static("last-event-id"), id);
        }
        let response = self.accepted(self.send(request).await?).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(Some(EventStream {
            response,
            parser: SseParser::default(),
            ready: Default::default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8]) -> Vec<SseEvent> {
        SseParser::default().push(text).unwrap()
    }

    fn event(id: &str, name: &str, data: &str) -> SseEvent {
        SseEvent {
            id: id.into(),
            name: name.into(),
            data: data.into(),
        }
    }

    #[test]
    fn events_as_the_service_sends_them() {
        let text = b"retry: 1500\n\nid: 3\nevent: progress\ndata: {\"version\":3}\n\n: still here\n\nid:4\ndata:a\ndata: b\n\n";
        let mut parser = SseParser::default();
        let events = parser.push(text).unwrap();
        assert_eq!(
            events,
            [
                event("3", "progress", "{\"version\":3}"),
                event("4", "message", "a\nb")
            ]
        );
        assert_eq!(parser.retry(), Some(Duration::from_millis(1500)));
        assert_eq!(parser.last_id(), "4");
    }

    #[test]
    fn line_ends_byte_order_marks_and_odd_fields() {
        assert_eq!(
            all(b"\xef\xbb\xbfdata: x\r\rdata: y\r\n\r\n"),
            [event("", "message", "x"), event("", "message", "y")]
        );
        assert_eq!(all(b"data\n\n"), [event("", "message", "")]);
        assert_eq!(all(b"data: unfinished"), []);
        assert_eq!(all(b"event: only\n\n"), []);
        assert_eq!(
            all(b"id: a\0b\nretry: soon\nnonsense\ndata:  two spaces\n\n"),
            [event("", "message", " two spaces")]
        );
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut parser = SseParser::default();
        assert_eq!(parser.push(&vec![b'x'; MAX_EVENT_BYTES + 1]), Err(TooLarge));
    }

    proptest! {
        /// However the network cuts the stream, the same events come out.
        #[test]
        fn chunks_do_not_matter(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("data: {\"é\":1}"), Just("id: 7"), Just("event: status"), Just(": ping"), Just("retry: 9"),
                    Just("\n"), Just("\r"), Just("\r\n"), Just("\n\n"), Just("data"), Just("\u{feff}"),
                ],
                0..40,
            ),
            cuts in proptest::collection::vec(0_usize..400, 0..20),
        ) {
            let text = pieces.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.push(0);
            cuts.push(text.len());
            cuts.sort_unstable();
            let mut parser = SseParser::default();
            let mut events = Vec::new();
            for pair in cuts.windows(2) {
                events.extend(parser.push(&text[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(events, all(&text));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = SseParser::default().push(&bytes);
        }
    }
}
