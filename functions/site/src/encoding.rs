//! `Accept-Encoding`: which of the encodings that are there a client takes.

/// A way to compress a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Encoding {
    /// As `Content-Encoding` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The first of `there`, which stand in the order of our own liking, among those that the header `accepted` likes most;
/// none of them where the client would rather have the plain body. Plain is always acceptable here: a client that refuses
/// it and everything else is better served with it than with 406.
pub(crate) fn best<T>(accepted: &str, there: impl Iterator<Item = (Encoding, T)>) -> Option<(Encoding, T)> {
    let plain = weight(accepted, "identity").unwrap_or(0);
    let mut best = None;
    let mut most = plain.max(1);
    for (encoding, bytes) in there {
        let liked = weight(accepted, encoding.name()).or_else(|| weight(accepted, "*"));
        let liked = liked.unwrap_or(0);
        if liked > most || liked == most && best.is_none() {
            most = liked;
            best = Some((encoding, bytes));
        }
    }
    best
}

/// Thousandths that the header gives a coding; 0 is a refusal, `None` that it is not named.
fn weight(accepted: &str, coding: &str) -> Option<u16> {
    accepted.split(',').find_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next()?;
        if !name.eq_ignore_ascii_case(coding) {
            return None;
        }
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some(quality.map_or(1000, thousandths))
    })
}

/// `0.5` is 500; what is no number from 0 to 1 with at most three decimals counts as a refusal.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    match (whole, format!("{fraction:0<3}").parse()) {
        ("0", Ok(thousandths)) if is_number => thousandths,
        ("1", Ok(0)) if is_number => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accepted: &str) -> &'static str {
        let there = [(Encoding::Brotli, ()), (Encoding::Gzip, ())];
        best(accepted, there.into_iter()).map_or("plain", |(encoding, ())| encoding.name())
    }

    #[test]
    fn clients_get_what_they_like_most_and_the_smallest_of_that() {
        for (accepted, encoding) in [
            ("", "plain"),
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, br", "br"),
            ("gzip", "gzip"),
            ("GZip", "gzip"),
            ("deflate", "plain"),
            ("*", "br"),
            ("br;q=0, *", "gzip"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("br; q=0.8 , gzip; q=0.80", "br"),
            ("gzip;q=0", "plain"),
            ("*;q=0", "plain"),
            ("identity, gzip;q=0.5", "plain"),
            ("identity;q=0.5, gzip", "gzip"),
            ("identity;q=0", "plain"),
            ("gzip;q=1.000", "gzip"),
            ("gzip;q=0.001", "gzip"),
            ("gzip;q=0.0005", "plain"),
            ("gzip;q=7", "plain"),
            ("gzip;q=", "plain"),
            ("gzip;q=-1", "plain"),
            ("gzip;q=0.é", "plain"),
            ("gzip;q=0.+5", "plain"),
            ("gzip;level=9;q=0.9", "gzip"),
            ("brotli, xgzip, gzipx", "plain"),
            (",,;;,", "plain"),
        ] {
            assert_eq!(chosen(accepted), encoding, "{accepted}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        let there = [(Encoding::Gzip, ())];
        let chosen = best("gzip;q=0.1, br", there.into_iter());
        assert_eq!(chosen, Some((Encoding::Gzip, ())));
        assert_eq!(best("gzip, br", std::iter::empty::<(Encoding, ())>()), None);
    }
}
