//! R7: words, their elided particles, and whether they look French.

/// Words of a rule, written one behind the other.
pub(super) struct List(pub(super) &'static str);

impl List {
    /// Whether the word is among them.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.split_ascii_whitespace().any(|listed| listed == word)
    }
}

/// The first halves of numbers with two words.
pub(super) const TENS: List = List("dix vingt vingts trente quarante cinquante soixante quatre-vingt cent");

/// Whether a token between white space counts as a word: it has a letter or a digit. Elided and hyphenated
/// forms are one word; a lone `?`, `«` or `—` is none.
pub(super) fn is_word(token: &str) -> bool {
    token.chars().any(char::is_alphanumeric)
}

/// The words of a text.
pub(super) fn count_words(text: &str) -> u32 {
    let count = text.split_whitespace().filter(|token| is_word(token)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The small letters of a token, with every apostrophe the same, so that forms compare equal.
pub(super) fn fold(token: &str) -> String {
    let mut out = String::with_capacity(token.len());
    fold_into(token, &mut out);
    out
}

/// [`fold`] onto the end of `out`.
pub(super) fn fold_into(token: &str, out: &mut String) {
    if token.is_ascii() {
        let from = out.len();
        out.push_str(token);
        out[from..].make_ascii_lowercase();
        return;
    }
    for c in token.chars() {
        match c {
            '’' | 'ʼ' | '‘' => out.push('\''),
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c => out.extend(c.to_lowercase()),
        }
    }
}

/// A folded token without the punctuation around it.
pub(super) fn bare(folded: &str) -> &str {
    folded.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether a folded token's beginning is a particle that lost its vowel before another word.
fn is_elided(particle: &str) -> bool {
    matches!(
        particle,
        "l'" | "d'"
            | "j'"
            | "n'"
            | "m'"
            | "t'"
            | "s'"
            | "c'"
            | "qu'"
            | "jusqu'"
            | "lorsqu'"
            | "puisqu'"
            | "quoiqu'"
    )
}

/// The parts of a folded token: elided particles (with their apostrophe), then the rest. `qu'l'on` has three.
pub(super) fn parts(folded: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(bare(folded)).filter(|token| !token.is_empty());
    std::iter::from_fn(move || {
        let token = rest?;
        let particle = token
            .find('\'')
            .map(|at| &token[..=at])
            .filter(|particle| is_elided(particle));
        match particle {
            Some(particle) if particle.len() < token.len() => {
                rest = Some(&token[particle.len()..]);
                Some(particle)
            }
            _ => rest.take(),
        }
    })
}

/// The hundred commonest forms of written French, elided particles among them.
const COMMONEST: &str = "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce \
    il l' d' qu' n' s' c' j' m' t' je tu elle on nous vous ils elles son sa ses mon ma mes ton ta leur leurs \
    me te lui y à aux avec sans sous vers chez mais ou où si comme tout tous toute cette ces cet même bien \
    était étais avait avais ont sont suis fait faire dit être avoir été peu puis rien jamais très aussi encore \
    deux moi toi cela ça quand alors donc entre après avant non oui jour fois";

/// Counts words of a document, and how many of them are among the commonest French forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrenchCount {
    /// Words, elided particles counted apart.
    pub(super) words: u64,
    /// Those among the commonest forms.
    pub(super) common: u64,
}

impl FrenchCount {
    /// Fewer words say nothing about a language.
    const LEAST_WORDS: u64 = 5;

    /// Counts `text`.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let commonest: std::collections::HashSet<&str> = COMMONEST.split_whitespace().collect();
        let mut count = Self::default();
        let mut folded = String::new();
        for token in texts
            .flat_map(str::split_whitespace)
            .filter(|token| is_word(token))
        {
            folded.clear();
            fold_into(token, &mut folded);
            for part in parts(&folded) {
                count.words += 1;
                count.common += u64::from(commonest.contains(part));
            }
        }
        count
    }

    /// Fewer than one word in ten is a common French one.
    pub(super) fn looks_foreign(self) -> bool {
        self.words >= Self::LEAST_WORDS && self.common * 10 < self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(token: &str) -> Vec<String> {
        parts(&fold(token)).map(str::to_owned).collect()
    }

    #[test]
    fn elided_and_hyphenated_forms_are_one_word() {
        assert_eq!(count_words("l'homme passe-t-il ?"), 2);
        assert_eq!(count_words("Où est-il ?"), 2);
        assert_eq!(count_words("« Quoi ? » dit-il en riant."), 4);
        assert_eq!(count_words("— … ! : «"), 0);
    }

    #[test]
    fn particles_are_separated() {
        assert_eq!(split("«L’homme,"), ["l'", "homme"]);
        assert_eq!(split("Jusqu'à"), ["jusqu'", "à"]);
        assert_eq!(split("qu’l’on"), ["qu'", "l'", "on"]);
        assert_eq!(split("Aujourd’hui"), ["aujourd'hui"]);
        assert_eq!(split("s'"), ["s"]);
        assert!(split("…").is_empty());
    }

    #[test]
    fn french_is_told_from_english() {
        let french = "La mer était calme et le vent ne soufflait plus sur le port.";
        let english = "The quick brown fox jumps over the lazy dog near that big river.";
        assert!(!FrenchCount::of(std::iter::once(french)).looks_foreign());
        assert!(FrenchCount::of(std::iter::once(english)).looks_foreign());
        assert!(!FrenchCount::of(std::iter::once("Bonjour !")).looks_foreign());
    }
}
