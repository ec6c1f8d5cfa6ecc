//! Numbers as Excel shows them, made from their text without a binary fraction.

use std::borrow::Cow;

/// Digits that Excel shows: the file may have 17, of which the last two come from binary fractions (`1234.5599999999999`
/// is what was typed as 1234.56).
const DIGITS: usize = 15;
/// Zeros written out before or after the digits; a number that has more keeps its exponent.
const MOST_ZEROS: i64 = 30;

/// The number in plain decimals, rounded half up to 15 digits; none if the text is not a number.
pub(super) fn plain(source: &str) -> Option<Cow<'_, str>> {
    match is_plain(source) {
        true => Some(Cow::Borrowed(source)),
        false => shifted(source, 0).map(Cow::Owned),
    }
}

/// Whether a number is written as it is to be: most are.
fn is_plain(source: &str) -> bool {
    let unsigned = source.strip_prefix('-').unwrap_or(source).as_bytes();
    let digits = unsigned.iter().filter(|byte| byte.is_ascii_digit()).count();
    let points = unsigned.len() - digits;
    let point = unsigned.iter().position(|byte| *byte == b'.');
    let ends = match point {
        None => points == 0 && digits > 0,
        // A digit before the point, and behind it one that says something.
        Some(at) => points == 1 && at > 0 && unsigned.last().is_some_and(|last| (b'1'..=b'9').contains(last)),
    };
    let leads = unsigned.first() != Some(&b'0') || point == Some(1) || source == "0";
    ends && leads && digits <= DIGITS
}

/// A hundred times the number, as [`plain`]; none if it has too many zeros to be written out.
pub(super) fn hundredths(source: &str) -> Option<String> {
    shifted(source, 2).filter(|number| !number.contains(['e', 'E']))
}

/// The number times ten to the power of `places`.
fn shifted(source: &str, places: i64) -> Option<String> {
    let (negative, unsigned) = match source.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, source.strip_prefix('+').unwrap_or(source)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if all().next().is_none() || !all().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let leading = all().take_while(|digit| *digit == b'0').count();
    let mut digits: Vec<u8> = all().skip(leading).take(DIGITS + 1).collect();
    // How many digits stand before the point.
    let mut point =
        i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()? + i64::from(exponent) + places;
    if digits.len() > DIGITS && digits.pop().is_some_and(|digit| digit >= b'5') {
        point += i64::from(round_up(&mut digits));
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let count = i64::try_from(digits.len()).ok()?;
    if point < -MOST_ZEROS || point > MOST_ZEROS + count {
        return Some(source.to_owned());
    }
    let digits = String::from_utf8(digits).ok()?;
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    let sign = if negative { "-" } else { "" };
    let split = usize::try_from(point).unwrap_or(0).min(digits.len());
    let (before, after) = digits.split_at_checked(split)?;
    Some(if point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else if after.is_empty() {
        format!("{sign}{before}{}", zeros(point - count))
    } else {
        format!("{sign}{before}.{after}")
    })
}

/// Adds one to the last digit; whether that made one digit more, of which the last was dropped.
fn round_up(digits: &mut Vec<u8>) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return false;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
    digits.pop();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_are_exact() {
        for (source, text) in [
            ("0.19", Some("19")),
            ("0.055", Some("5.5")),
            ("7.0000000000000007E-2", Some("7")),
            ("-1", Some("-100")),
            ("0", Some("0")),
            ("1E300", None),
            ("x", None),
        ] {
            assert_eq!(hundredths(source).as_deref(), text, "{source}");
        }
    }

    #[test]
    fn fifteen_digits_without_an_exponent() {
        for (source, text) in [
            ("1234.5599999999999", "1234.56"),
            ("-42.1", "-42.1"),
            ("-42.10", "-42.1"),
            ("0.30000000000000004", "0.3"),
            ("9.9999999999999995", "10"),
            ("999999999999999.9", "1000000000000000"),
            ("1E-3", "0.001"),
            ("1.5e+3", "1500"),
            ("+7", "7"),
            ("007", "7"),
            ("-0.00", "0"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1E300", "1E300"),
            ("1E-300", "1E-300"),
            ("123456789012345678", "123456789012346000"),
        ] {
            assert_eq!(plain(source).as_deref(), Some(text), "{source}");
        }
        for wrong in [
            "",
            "-",
            ".",
            "1,5",
            "1e",
            "NaN",
            "inf",
            "1e99999999999",
            "0x1",
            "--1",
            "1 ",
        ] {
            assert_eq!(plain(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn amounts_keep_their_value(cents in -99_999_999_999_999_i64..=99_999_999_999_999) {
            let sign = if cents < 0 { "-" } else { "" };
            let exact = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
            // What Excel writes: 17 digits of the nearest binary fraction.
            let written = format!("{:.16e}", exact.parse::<f64>().unwrap());
            let expected = exact.trim_end_matches('0').trim_end_matches('.');
            let expected = if cents == 0 { "0" } else { expected };
            prop_assert_eq!(plain(&written).unwrap(), expected);
            prop_assert_eq!(plain(&exact).unwrap(), expected);
        }

        #[test]
        fn what_is_plain_stays(text in "-?[0-9]{0,6}\\.?[0-9]{0,10}") {
            prop_assert!(!is_plain(&text) || shifted(&text, 0).as_deref() == Some(text.as_str()));
        }

        #[test]
        fn any_text_is_a_number_or_not(text in "[-+0-9.eE]{0,40}") {
            plain(&text);
        }
    }
}
