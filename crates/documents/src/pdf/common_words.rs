//! The commonest words of at least three letters: of French and English, and a few of the other languages of Europe,
//! so that those are not taken for nonsense.

/// In lower case, sorted by their bytes.
#[rustfmt::skip]
pub(super) const COMMON_WORDS: &[&str] = &[
    "about", "ale", "alebo", "all", "alla", "alors", "also", "anche", "and", "any", "après", "are", "att", "auch",
    "auf", "aus", "aussi", "autre", "autres", "aux", "avait", "avant", "avec", "avoir", "been", "bei", "bien",
    "bir", "but", "bylo", "can", "car", "ces", "cet", "cette", "che", "chez", "com", "comme", "como", "con",
    "could", "czy", "dans", "das", "del", "della", "dem", "den", "der", "des", "det", "deux", "die", "donc", "dont",
    "dos", "een", "egy", "ein", "eine", "elle", "elles", "encore", "entre", "est", "esta", "este", "että", "fait",
    "foi", "for", "from", "för", "für", "gli", "had", "has", "have", "her", "het", "him", "his", "hogy", "how",
    "ils", "inte", "into", "ist", "its", "için", "jako", "jamais", "jest", "joka", "ktoré", "las", "les", "leur",
    "leurs", "los", "lui", "mais", "may", "mes", "met", "mit", "mon", "more", "mutta", "muy", "myös", "más", "même",
    "nach", "nel", "nem", "není", "nicht", "nie", "niet", "non", "not", "notre", "nous", "não", "och", "oder",
    "olarak", "ole", "one", "only", "ont", "other", "our", "out", "ovat", "par", "para", "pas", "per", "pero",
    "peut", "più", "plus", "por", "pour", "pre", "puis", "quand", "que", "quelque", "qui", "rien", "said", "sans",
    "ses", "she", "sich", "się", "som", "some", "son", "sono", "sont", "sous", "sur", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "ton", "toujours", "tous", "tout", "très", "uma",
    "una", "und", "une", "use", "used", "van", "volt", "von", "voor", "votre", "vous", "was", "were", "what",
    "when", "which", "who", "wie", "will", "wird", "with", "would", "you", "your", "zijn", "était", "été", "être",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(COMMON_WORDS.is_sorted());
        assert!(COMMON_WORDS.iter().all(|word| word.chars().count() >= 3));
    }
}
