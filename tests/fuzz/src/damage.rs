//! Ways in which a file gets damaged.

use rand::{Rng, RngExt};

/// Things that a PDF is made of, put where they do not belong.
pub(crate) const PDF: [&[u8]; 16] = [
    b"endobj",
    b"endstream",
    b"stream\n",
    b"<<",
    b">>",
    b"[",
    b"(",
    b"1 0 R",
    b"99999999 0 R",
    b"-1",
    b"1e38",
    b"2147483647",
    b" q ",
    b" BT /F1 0 Tf ",
    b" 0 0 0 0 0 0 cm ",
    b"\x00\xff\xfe",
];

/// `document` with one to eight damages, some of them `pieces`; never empty.
pub(crate) fn damaged(document: &[u8], pieces: &[&[u8]], random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = document.to_vec();
    for _ in 0..random.random_range(1..=8) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..7) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes.truncate(at.max(8)),
            3 => {
                let length = random.random_range(1..=64).min(bytes.len() - at);
                drop(bytes.drain(at..at + length));
            }
            4 => {
                let length = random.random_range(1..=4096).min(bytes.len() - at);
                let copy = bytes[at..at + length].to_vec();
                let to = random.random_range(0..bytes.len());
                drop(bytes.splice(to..to, copy));
            }
            5 => {
                let piece = pieces[random.random_range(0..pieces.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
            _ => change_number(&mut bytes, at, random),
        }
    }
    bytes
}

/// Another number in place of the next one from `at` on.
fn change_number(bytes: &mut Vec<u8>, at: usize, random: &mut impl Rng) {
    let Some(start) = bytes[at..]
        .iter()
        .position(u8::is_ascii_digit)
        .map(|found| at + found)
    else {
        return;
    };
    let length = bytes[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let number = match random.random_range(0..5) {
        0 => "0".to_owned(),
        1 => "4294967296".to_owned(),
        2 => "-1".to_owned(),
        3 => random.random_range(0..1_000_u32).to_string(),
        _ => random.random::<u32>().to_string(),
    };
    drop(bytes.splice(start..start + length, number.bytes()));
}
