//! Text that is not what is seen: a font that does not say what its glyphs mean gives other letters, or none.
//!
//! A page is only called garbled on strong evidence, since its text is thrown away. Tables, listings, languages that
//! are not known here and pages of a few words must pass.

use super::common_words::COMMON_WORDS;
use crate::Line;

/// Share of glyphs without meaning that makes a page suspect, in percent.
const UNMAPPED_PERCENT: usize = 30;
/// Fewer glyphs without meaning than this are ornaments ...
const UNMAPPED_FEW: usize = 20;
/// ... unless they are nearly all that the page has, in percent, and more than a mark or two.
const UNMAPPED_MOST_PERCENT: usize = 80;
const UNMAPPED_FEWEST: usize = 4;
/// Common words among all that clear a page of unmapped glyphs, in percent: the codes were letters after all.
const READABLE_PERCENT: usize = 8;

/// Words that a judgement on the language needs.
const ENOUGH_WORDS: usize = 30;
/// Prose has 15 to 30 percent of common words, listings and lists of names a few.
const UNKNOWN_PERCENT: usize = 4;
/// Vowels among the Latin letters without accent, in percent: languages and listings have 33 to 52. Letters put for others have about
/// 20, whatever they were put for.
const VOWELS_PERCENT: usize = 27;

/// Letters among all characters, in percent, below which only the shape of the words can say something.
const FEW_LETTERS_PERCENT: usize = 25;
/// Share of characters in words of no plausible shape, in percent.
const IMPLAUSIBLE_PERCENT: usize = 50;
/// Fewer characters than this have no shape.
const SHAPELESS_CHARS: usize = 4;

/// Whether a page's text does not stand for what is seen. `mapped` and `unmapped` count the glyphs with and without a
/// meaning.
pub(super) fn is_garbled(lines: &[Line], mapped: u32, unmapped: u32) -> bool {
    let mut evidence = Evidence::default();
    for line in lines {
        for word in line.text.split(' ') {
            evidence.add(word);
        }
    }
    let unmapped = unmapped as usize + evidence.private;
    let glyphs = mapped as usize + unmapped;
    let suspect = (unmapped >= UNMAPPED_FEW && is_share(unmapped, glyphs, UNMAPPED_PERCENT))
        || (unmapped >= UNMAPPED_FEWEST && is_share(unmapped, glyphs, UNMAPPED_MOST_PERCENT));
    (suspect && !is_share(evidence.common, evidence.words, READABLE_PERCENT))
        || evidence.is_nonsense()
        || evidence.is_shapeless()
}

fn is_share(part: usize, whole: usize, percent: usize) -> bool {
    part > 0 && part * 100 >= whole * percent
}

/// What the characters of a page say.
#[derive(Debug, Default)]
struct Evidence {
    chars: usize,
    letters: usize,
    /// Latin letters without accent, and the vowels among them.
    latin_letters: usize,
    vowels: usize,
    /// Characters that only one font gives a meaning to.
    private: usize,
    /// Words of at least three letters, and the common ones among them.
    words: usize,
    common: usize,
    implausible_chars: usize,
}

impl Evidence {
    fn add(&mut self, word: &str) {
        let mut chars = 0;
        for c in word.chars() {
            chars += 1;
            self.letters += usize::from(c.is_alphabetic());
            self.private += usize::from(matches!(c, '\u{e000}'..='\u{f8ff}'));
            if c.is_ascii_alphabetic() {
                self.latin_letters += 1;
                self.vowels += usize::from(is_vowel(c));
            }
        }
        self.chars += chars;
        if !is_plausible(word) {
            self.implausible_chars += chars;
        }
        for part in word
            .split(|c: char| !c.is_alphabetic())
            .filter(|part| part.chars().count() >= 3)
        {
            self.words += 1;
            self.common += usize::from(COMMON_WORDS.binary_search(&part.to_lowercase().as_str()).is_ok());
        }
    }

    /// Latin letters that make no word and too few vowels for any language.
    fn is_nonsense(&self) -> bool {
        self.words >= ENOUGH_WORDS
            && self.latin_letters * 2 > self.letters
            && !is_share(self.common, self.words, UNKNOWN_PERCENT)
            && !is_share(self.vowels, self.latin_letters, VOWELS_PERCENT)
    }

    /// Signs that are neither words nor figures.
    fn is_shapeless(&self) -> bool {
        self.chars >= SHAPELESS_CHARS
            && !is_share(self.letters, self.chars, FEW_LETTERS_PERCENT)
            && is_share(self.implausible_chars, self.chars, IMPLAUSIBLE_PERCENT)
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// Whether a word has the shape of a word, of a figure, or of a rule made of signs.
fn is_plausible(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    let outside = word.chars().count() - inner.chars().count();
    if inner.is_empty() {
        let mut signs: Vec<char> = word.chars().collect();
        signs.sort_unstable();
        signs.dedup();
        return signs.len() <= 2;
    }
    // A bracket or quotation mark on either side, and two signs at most after a figure: "(12,5 %)."
    let framed = outside <= inner.chars().count().max(2);
    framed && inner.chars().all(|c| c.is_alphanumeric() || is_joint(c))
}

/// Signs within words and figures.
fn is_joint(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ':'
            | ';'
            | '/'
            | '-'
            | '\''
            | '\u{2019}'
            | '\u{2010}'
            | '\u{2011}'
            | '\u{2013}'
            | '\u{2212}'
            | '_'
            | '@'
            | '&'
    ) || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "Il était une fois dans la ville une petite fille qui ne savait pas que son père, parti depuis \
        longtemps pour les îles, allait revenir avec un perroquet et trois malles pleines de livres. Elle jouait sous \
        le tilleul quand la voiture s’arrêta devant la grille et que le chien se mit à aboyer comme jamais.";
    const FINNISH: &str = "Vaka vanha Väinämöinen itse tuon sanoiksi virkkoi: Nytpä lienen lähteminen, kaunis koivu \
        kaatuminen, kaiken kansan kuulemahan, suuren joukon suosimahan, veri juoksi, maito kuohui, hurme huppeloi \
        hurahti, lausui vanha lauluntaito, kielen kuulu kantelehen soitti, poika polvellansa, tyttö tyynen sylissänsä, \
        ilo ilmahan ylenni, riemu rinnalle kohosi, päivä paistoi pilven alta, kuuhut kuulti koivikosta";
    const LISTING: &str = r#"int main(int argc, char **argv) { struct buf *b = buf_new(argc); if (b == NULL) {
        fprintf(stderr, "%s\n", strerror(errno)); exit(EXIT_FAILURE); } while (*argv) { buf_puts(b, *argv++); }
        printf("%zu %s\n", b->len, b->ptr); free(b->ptr); free(b); return EXIT_SUCCESS; } #include <stdio.h>
        static void buf_puts(struct buf *b, const char *s) { size_t n = strlen(s); memcpy(b->ptr + b->len, s, n); }"#;

    fn lines(text: &str) -> Vec<Line> {
        text.lines()
            .map(|line| Line {
                text: line.split_whitespace().collect::<Vec<_>>().join(" "),
                ..Line::default()
            })
            .collect()
    }

    fn garbled(text: &str) -> bool {
        is_garbled(&lines(text), 1_000, 0)
    }

    /// Letters put for others, as by a font whose codes count its own glyphs.
    fn shifted(text: &str, by: i32) -> String {
        text.chars()
            .map(
                |c| match u32::try_from(c as i32 + by).ok().and_then(char::from_u32) {
                    Some(other) if c.is_ascii_graphic() && other.is_ascii_graphic() => other,
                    _ => c,
                },
            )
            .collect()
    }

    #[test]
    fn what_is_readable_passes() {
        for text in [PROSE, FINNISH, LISTING] {
            assert!(!garbled(text), "{text}");
        }
    }

    #[test]
    fn letters_put_for_others_do_not() {
        for by in [-29, 1, 3, -1, 5] {
            assert!(garbled(&shifted(PROSE, by)), "{}", shifted(PROSE, by));
        }
    }

    #[test]
    fn short_pages_and_tables_pass() {
        for text in [
            "",
            "12",
            "— 12 —",
            "* * *",
            "Fin",
            "IV",
            "§ 3.",
            "1 234,50 € 12,5 % (3.4) -7.00 +8",
            "2024-05-01 12:30 10:45 | 7/8 $1,234.50",
            "+-----+-----+",
            ". . . . . . . . 12",
            "你好世界",
            "ملاعلاب ابحرم",
            "E = mc² (1)",
        ] {
            assert!(!garbled(text), "{text}");
        }
    }

    #[test]
    fn signs_without_shape_do_not() {
        assert!(garbled("\"7+%-"));
        assert!(garbled("#$%&'( )*+,- ./012 !\"#$% &'()"));
    }

    #[test]
    fn glyphs_without_meaning_count_unless_the_text_reads() {
        assert!(is_garbled(&lines("xq zrt"), 0, 5));
        assert!(is_garbled(&lines("\u{f061}\u{f062}\u{f063}\u{f064}"), 4, 0));
        assert!(!is_garbled(&lines(PROSE), 10, 200));
        assert!(!is_garbled(&lines("• un • deux"), 8, 2));
        assert!(!is_garbled(&lines("VICTOR HUGO"), 10, 12));
        assert!(is_garbled(&lines("xqzrt vbnmk"), 20, 30));
    }
}
