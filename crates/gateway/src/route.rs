//! Tables of routes.

use crate::request::Request;

/// One route of a function.
#[derive(Clone, Copy, Debug)]
pub struct Route<A: 'static> {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path; `{id}` stands for any one segment, and `{of}` for a further one.
    pub path: &'static str,
    /// What it does.
    pub action: A,
}

/// Why no route fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmatched {
    /// Nothing has that path.
    Path,
    /// The path is there, for these methods.
    Method(String),
}

/// The route of `request`. Puts what stands for `{id}` and `{of}` into the request.
pub(crate) fn find<A: Copy>(
    routes: &'static [Route<A>],
    request: &mut Request,
) -> Result<&'static Route<A>, Unmatched> {
    let mut allowed: Vec<&str> = Vec::new();
    for route in routes {
        let Some(Segments { id, of }) = fits(route.path, &request.path) else {
            continue;
        };
        if route.method == request.method {
            (request.id, request.of) = (id.map(ToOwned::to_owned), of.map(ToOwned::to_owned));
            return Ok(route);
        }
        allowed.push(route.method);
    }
    if allowed.is_empty() {
        Err(Unmatched::Path)
    } else {
        Err(Unmatched::Method(allowed.join(", ")))
    }
}

/// What stands in a path for the open segments of its template.
#[derive(Default)]
struct Segments<'a> {
    id: Option<&'a str>,
    of: Option<&'a str>,
}

/// Whether `path` has the form of `template`, with what stands for the open segments.
fn fits<'a>(template: &str, path: &'a str) -> Option<Segments<'a>> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut open = Segments::default();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(open),
            (Some("{id}"), Some(segment)) if !segment.is_empty() => open.id = Some(segment),
            (Some("{of}"), Some(segment)) if !segment.is_empty() => open.of = Some(segment),
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::HttpEvent;

    const ROUTES: &[Route<u8>] = &[
        Route {
            method: "GET",
            path: "/v1/jobs",
            action: 1,
        },
        Route {
            method: "POST",
            path: "/v1/jobs",
            action: 2,
        },
        Route {
            method: "GET",
            path: "/v1/jobs/{id}/events",
            action: 3,
        },
    ];

    fn found(method: &str, path: &str) -> (Result<u8, Unmatched>, Option<String>) {
        let mut event = HttpEvent {
            raw_path: path.to_owned(),
            ..HttpEvent::default()
        };
        event.request_context.http.method = method.to_owned();
        let mut request = Request::from(event);
        let action = find(ROUTES, &mut request).map(|route| route.action);
        (action, request.id)
    }

    #[test]
    fn paths_and_methods_are_told_apart() {
        assert_eq!(found("GET", "/v1/jobs"), (Ok(1), None));
        assert_eq!(found("POST", "/v1/jobs"), (Ok(2), None));
        assert_eq!(found("GET", "/v1/jobs/x/events"), (Ok(3), Some("x".to_owned())));
        let allowed = |methods: &str| Err(Unmatched::Method(methods.to_owned()));
        assert_eq!(found("HEAD", "/v1/jobs").0, allowed("GET, POST"));
        assert_eq!(found("DELETE", "/v1/jobs/x/events").0, allowed("GET"));
        for path in [
            "",
            "/",
            "/v1/jobs/",
            "/v1/jobs//events",
            "/v1/jobs/x",
            "/v1/jobs/x/y/events",
            "v1/jobs",
        ] {
            assert_eq!(found("GET", path).0, Err(Unmatched::Path), "{path}");
        }
    }
}
