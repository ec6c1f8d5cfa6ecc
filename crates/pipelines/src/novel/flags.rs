//! R10: what the user should know of an output sentence.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One thing to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flag {
    /// It has no finite verb.
    Fragment,
    /// It has more words than the limit.
    OverLimit,
    /// It has fewer words than wanted.
    Short,
    /// It is somebody's speech.
    Dialogue,
    /// Its subject was repeated from the sentence before.
    PronounCopied,
}

impl Flag {
    const ALL: [Self; 5] = [
        Self::Fragment,
        Self::OverLimit,
        Self::Short,
        Self::Dialogue,
        Self::PronounCopied,
    ];

    /// The word stored and shown.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Fragment => "fragment",
            Self::OverLimit => "over_limit",
            Self::Short => "short",
            Self::Dialogue => "dialogue",
            Self::PronounCopied => "pronoun_copied",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of flags, listed in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    /// Whether the flag is set.
    pub(super) const fn contains(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// Those that are set.
    pub(super) fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.contains(*flag))
    }

    /// As a number, to be read back by [`Flags::from_bits`].
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// What [`Flags::bits`] gave.
    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        Self(flags.into_iter().fold(0, |bits, flag| bits | flag.bit()))
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Flag>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_in_their_order() {
        let flags: Flags = [Flag::Dialogue, Flag::Fragment].into_iter().collect();
        let json = serde_json::to_string(&flags).unwrap();
        assert_eq!(json, r#"["fragment","dialogue"]"#);
        assert_eq!(serde_json::from_str::<Flags>(&json).unwrap(), flags);
        assert_eq!(Flags::from_bits(flags.bits()), flags);
        for flag in Flag::ALL {
            assert_eq!(serde_json::to_value(flag).unwrap(), flag.as_str());
        }
    }
}
