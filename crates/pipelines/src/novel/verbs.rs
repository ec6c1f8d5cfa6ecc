//! R8: does a stretch of words hold a finite verb?

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::{List, fold_into, is_word, parts};

/// The persons a verb form agrees with: je 1, tu 2, il 4, nous 8, vous 16, ils 32.
pub(super) type Persons = u8;

/// Present, imperfect and passé simple of the commonest verbs, je to ils. `puis` is missing from pouvoir: it is
/// nearly always the adverb.
const CONJUGATED: &str = "\
    suis es est sommes êtes sont étais étais était étions étiez étaient fus fus fut fûmes fûtes furent \
    ai as a avons avez ont avais avais avait avions aviez avaient eus eus eut eûmes eûtes eurent \
    vais vas va allons allez vont allais allais allait allions alliez allaient allai allas alla allâmes allâtes \
    allèrent \
    fais fais fait faisons faites font faisais faisais faisait faisions faisiez faisaient fis fis fit fîmes fîtes \
    firent \
    dis dis dit disons dites disent disais disais disait disions disiez disaient dis dis dit dîmes dîtes dirent \
    peux peux peut pouvons pouvez peuvent pouvais pouvais pouvait pouvions pouviez pouvaient pus pus put pûmes \
    pûtes purent \
    veux veux veut voulons voulez veulent voulais voulais voulait voulions vouliez voulaient voulus voulus voulut \
    voulûmes voulûtes voulurent \
    dois dois doit devons devez doivent devais devais devait devions deviez devaient dus dus dut dûmes dûtes durent \
    sais sais sait savons savez savent savais savais savait savions saviez savaient sus sus sut sûmes sûtes surent \
    vois vois voit voyons voyez voient voyais voyais voyait voyions voyiez voyaient vis vis vit vîmes vîtes virent \
    viens viens vient venons venez viennent venais venais venait venions veniez venaient vins vins vint vînmes \
    vîntes vinrent \
    prends prends prend prenons prenez prennent prenais prenais prenait prenions preniez prenaient pris pris prit \
    prîmes prîtes prirent \
    mets mets met mettons mettez mettent mettais mettais mettait mettions mettiez mettaient mis mis mit mîmes mîtes \
    mirent";

/// The persons that a form of the closed list agrees with; 0 for every other word.
pub(super) fn listed(form: &str) -> Persons {
    static FORMS: LazyLock<HashMap<&str, Persons>> = LazyLock::new(|| {
        let mut forms = HashMap::new();
        for (place, form) in CONJUGATED.split_whitespace().enumerate() {
            *forms.entry(form).or_default() |= 1 << (place % 6);
        }
        forms
    });
    FORMS.get(form).copied().unwrap_or(0)
}

/// Whether a verb follows the folded part, once clitics are skipped.
fn is_subject(part: &str) -> bool {
    matches!(
        part,
        "je" | "tu"
            | "il"
            | "elle"
            | "on"
            | "nous"
            | "vous"
            | "ils"
            | "elles"
            | "j'"
            | "c'"
            | "cela"
            | "ça"
            | "qui"
    )
}

/// Whether the folded part may stand between a subject pronoun and its verb.
pub(super) fn is_clitic(part: &str) -> bool {
    matches!(
        part,
        "ne" | "n'" | "me" | "m'" | "te" | "t'" | "se" | "s'" | "le" | "la" | "l'" | "les" | "lui" | "leur"
    ) || matches!(part, "y" | "en" | "nous" | "vous")
}

/// Pronouns behind an inverted verb.
const INVERTED: [&str; 10] = [
    "-je", "-tu", "-il", "-elle", "-on", "-nous", "-vous", "-ils", "-elles", "-ce",
];
/// Pronouns behind an imperative.
const OBJECTS: List = List(
    "\
    le la les lui leur moi toi nous vous y en t'en",
);
/// Endings that are a verb's when two letters stand before them.
const ENDINGS: [&str; 11] = [
    "aient", "èrent", "irent", "urent", "ait", "erait", "irait", "eront", "iront", "era", "ira",
];
/// Nouns and adjectives that end alike.
const NOT_VERBS: List = List(
    "\
    parfait portrait souhait extrait attrait retrait bienfait satisfait",
);

/// Whether a folded part is a finite verb by its form alone.
fn is_verb_form(part: &str) -> bool {
    if listed(part) != 0 {
        return true;
    }
    if let Some((verb, object)) = part.split_once('-') {
        let inverted = INVERTED.iter().any(|pronoun| part.ends_with(pronoun));
        return inverted && part != "rendez-vous" || listed(verb) != 0 && OBJECTS.has(object);
    }
    if !part.ends_with(['t', 'a']) {
        return false;
    }
    let ends = ENDINGS.iter().any(|ending| {
        part.strip_suffix(ending)
            .is_some_and(|stem| stem.chars().nth(1).is_some())
    });
    ends && !NOT_VERBS.has(part)
}

/// Words that only look like verb forms: adverbs and conjunctions, and the common nouns and adjectives that follow
/// the articles `le la l' les leur`, which are written like the pronouns in front of a verb.
const NEVER_VERBS: &str = "\
    mais puis plus trop sous dans vers jamais pas tout depuis dessus jadis parfois autrefois toutefois \
    quelquefois désormais chez assez cela huit trois hélas soit minuit point surplus palais anglais \
    français frais marais relais engrais vrai balai délai essai quai bras repas matelas embarras trépas \
    gras amas compas verglas fracas lilas bois fois mois rois lois pois amis tapis avis souris paris \
    permis gris logis taillis radis croquis commis ennemis paradis soucis débris treillis anchois \
    bourgeois chinois virus inconnus refus talus abus obus tribus lait trait portrait souhait attrait \
    retrait extrait bienfait méfait forfait parfait papa opéra cinéma sofa agenda villa véranda panorama \
    pyjama nuit bruit fruit petit esprit récit habit appétit circuit produit conduit profit crédit débit \
    délit dépit répit conflit granit bandit réduit enduit biscuit toit droit endroit exploit étroit \
    manuscrit début salut statut tribut rebut institut saint teint joint front affront";

/// Whether a word with a verb's ending is something else.
pub(super) fn is_no_verb(word: &str) -> bool {
    static NEVER: LazyLock<HashSet<&str>> = LazyLock::new(|| NEVER_VERBS.split_whitespace().collect());
    word.ends_with("ous") || word.ends_with("out") || NEVER.contains(word)
}

/// Words in front of a noun.
const DETERMINERS: List =
    List("un une mon ma ton ta son sa notre votre ce cet cette chaque quelque du au de d' aucun aucune");
/// Words in front of a noun, or of a verb as its object.
const ARTICLES: List = List("le la l' les leur");

/// Whether a folded part is the third person singular of the passé simple, given the part in front of it. The list
/// of endings in R8 (iii) has only the plural, but this is the tense and person that novels are told in, and R9 (b)
/// knows its endings.
fn is_narrative_past(part: &str, before: &str) -> bool {
    if !part.ends_with(['t', 'a']) {
        return false;
    }
    let letters = part.chars().count();
    let regular = part.ends_with('a') && letters >= 4;
    let irregular = (part.ends_with("it") || part.ends_with("ut")) && letters >= 5 && !ARTICLES.has(before)
        || part.ends_with("vint")
        || part.ends_with("tint");
    // `écrit`, `conduit`, `droit`: participles, present forms and adjectives.
    let ambiguous = part.ends_with("uit") || part.ends_with("crit") || part.ends_with("oit");
    (regular || irregular)
        && !ambiguous
        && part.chars().all(char::is_alphabetic)
        && !DETERMINERS.has(before)
        && !is_no_verb(part)
}

/// A token of a sentence.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    folded: (usize, usize),
    /// Words before it.
    words: usize,
}

/// A sentence taken apart: its tokens, and where verbs are, so that every stretch of it can be asked at no cost.
#[derive(Debug)]
pub(super) struct Analysis<'a> {
    tokens: Vec<Token<'a>>,
    folded: String,
    words: usize,
    /// For each token: the least token at which a proof of a verb ends that begins at this token or later.
    proof_end: Vec<usize>,
}

impl<'a> Analysis<'a> {
    /// Takes a sentence apart.
    pub(super) fn of(sentence: &'a str) -> Self {
        let mut folded = String::with_capacity(sentence.len());
        let mut words = 0;
        let mut tokens = Vec::with_capacity(sentence.len() / 4);
        for text in sentence.split_whitespace() {
            let from = folded.len();
            fold_into(text, &mut folded);
            tokens.push(Token {
                text,
                folded: (from, folded.len()),
                words,
            });
            words += usize::from(is_word(text));
        }
        let mut analysis = Self {
            tokens,
            folded,
            words,
            proof_end: Vec::new(),
        };
        analysis.find_proofs();
        analysis
    }

    fn find_proofs(&mut self) {
        let mut parts: Vec<(usize, &str)> = Vec::with_capacity(self.len() * 3 / 2);
        parts.extend((0..self.len()).flat_map(|token| self.parts(token).map(move |part| (token, part))));
        let mut proof_end = vec![usize::MAX; self.len()];
        let mut next_word = None;
        for (place, &(token, part)) in parts.iter().enumerate().rev() {
            let before = place
                .checked_sub(1)
                .and_then(|place| parts.get(place))
                .map_or("", |(_, part)| part);
            let end = if is_verb_form(part) || !self.is_name(token) && is_narrative_past(part, before) {
                Some(token)
            } else if is_subject(part) {
                next_word
            } else {
                None
            };
            if let Some(end) = end {
                proof_end[token] = proof_end[token].min(end);
            }
            if !is_clitic(part) {
                next_word = Some(token);
            }
        }
        for token in (0..proof_end.len().saturating_sub(1)).rev() {
            proof_end[token] = proof_end[token].min(proof_end[token + 1]);
        }
        self.proof_end = proof_end;
    }

    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token as written.
    pub(super) fn text(&self, token: usize) -> &'a str {
        self.tokens.get(token).map_or("", |token| token.text)
    }

    /// The token folded, with its punctuation.
    pub(super) fn folded(&self, token: usize) -> &str {
        self.tokens
            .get(token)
            .map_or("", |token| &self.folded[token.folded.0..token.folded.1])
    }

    /// The token's parts: elided particles, then the rest.
    pub(super) fn parts(&self, token: usize) -> impl Iterator<Item = &str> {
        parts(self.folded(token))
    }

    /// Words in front of the token; all of them for the end.
    fn words_before(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(self.words, |token| token.words)
    }

    /// Words of a stretch of tokens.
    pub(super) fn words(&self, start: usize, end: usize) -> usize {
        self.words_before(end).saturating_sub(self.words_before(start))
    }

    /// Whether the token counts as a word.
    pub(super) fn is_word(&self, token: usize) -> bool {
        self.words(token, token + 1) == 1
    }

    /// Behind which token the first proof of a verb is whole that begins at `start` or later.
    pub(super) fn first_verb_end(&self, start: usize) -> Option<usize> {
        self.proof_end.get(start).and_then(|proof| proof.checked_add(1))
    }

    /// R8 for the tokens `start..end`.
    pub(super) fn has_verb(&self, start: usize, end: usize) -> bool {
        self.first_verb_end(start).is_some_and(|proof| proof <= end)
    }

    /// Whether the token begins with a capital: `Emma` is no verb.
    fn is_name(&self, token: usize) -> bool {
        self.text(token)
            .chars()
            .find(|c| c.is_alphanumeric())
            .is_some_and(char::is_uppercase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_verb(text: &str) -> bool {
        let analysis = Analysis::of(text);
        analysis.has_verb(0, analysis.len())
    }

    #[test]
    fn verbs_are_found() {
        for text in [
            "Paul est là",
            "Où est-il ?",
            "Que se passe-t-il",
            "Ils chantèrent",
            "La mer montait",
            "Il dort",
            "Je ne le lui donne",
            "J'ouvris",
            "celui qui dort",
            "Cela suffit",
            "Fais-le !",
            "Dis-moi.",
            "qu'il dorme",
            "L’homme s’était levé",
            "Elle viendra",
        ] {
            assert!(has_verb(text), "{text}");
        }
    }

    #[test]
    fn nouns_are_no_verbs() {
        for text in [
            "Plus jamais ça.",
            "La mer, l'hiver, le café",
            "Un portrait parfait",
            "Le rendez-vous",
            "Sur les toits gris.",
            "un peu de lait",
            "Puis le silence",
            "avec elle",
            "à toi",
        ] {
            assert!(!has_verb(text), "{text}");
        }
    }

    #[test]
    fn stretches_are_asked_one_by_one() {
        let analysis = Analysis::of("Paul lisait et elle le regarde");
        assert!(analysis.has_verb(0, 2));
        assert!(!analysis.has_verb(0, 1));
        assert!(!analysis.has_verb(2, 5));
        assert!(analysis.has_verb(2, 6));
        assert_eq!(analysis.words(2, 6), 4);
    }

    #[test]
    fn the_list_knows_persons() {
        assert_eq!(listed("est"), 4);
        assert_eq!(listed("fus"), 3);
        assert_eq!(listed("eurent"), 32);
        assert_eq!(listed("table"), 0);
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(CONJUGATED.split_whitespace().count(), 13 * 18);
    }
}
