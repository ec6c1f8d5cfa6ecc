//! Common French forms that the rules of hyphenation would mistake: written in one word although their halves look
//! like a compound or an inversion, or written with a hyphen although nothing in their halves says so. The lists
//! need nothing else, because a word that no rule keeps apart is joined.

/// Written in one word although the first half is the prefix of compounds. A `*` stands for any ending.
const SOLID_AFTER_PREFIX: &str = "\
    aube aubes auber* aubépin* aucun* audac* audi* augment* augur* aujourd aumôn* auparavant auprès auquel aurai* \
    auras aurez auriez aurions auront auror* aussi aussitôt autan* autel* auteur* authenti* auto* autour autre* \
    autrui auxquel* auxili* \
    cibl* cicatri* cidre ciel cierge* cigal* cigar* cigogn* ciment* cimeti* ciném* cinq* cirag* circ* cisail* \
    ciseau* citad* citat* citer* citr* cité* citoyen* civière* civil* \
    excell* excep* excès excessi* excit* exclam* exclu* excurs* excus* exact* exagér* exalt* examin* examen* \
    exaspér* exécut* exempl* exerc* exhal* exig* exil* exist* expansi* expédi* expéri* expert* expi* expliq* \
    explic* exploi* explor* explos* expos* exprès express* exprim* exqui* extas* exténu* extér* extra* extrê* \
    grandeur* grandi* grandement \
    miaul* miche miches miel* mien* miett* mieux mignon* migra* milieu* milita* mille* million* mimi* minabl* \
    minc* mine* ministr* minuit* minuscul* minut* mirac* mirag* miroi* misè* misér* mission* mitain* mitig* midi* \
    mixt* \
    portefai* portefeuille* portemanteau* \
    contreband* contrebas contrecarr* contrecœur contrecoup* contredi* contrefa* contrefort* contremaît* \
    contrepartie* contrepoids contresens contretemps contreven* \
    soussign* soustr* souscri* avantag* vicieu* viciss* visag* viscèr* visibl* vision* visit* visqueu* visuel* \
    semis semin* semonc* vicomt*";

/// Written in one word although the second half is a pronoun that follows verbs, or `là` or `ci`.
const SOLID_BEFORE_ENCLITIC: &str = "\
    adouci aminci ceci durci endurci farci éclairci merci noirci raccourci racorni ranci rétréci souci voici \
    delà holà voilà cela celui chaleur valeur râleur \
    avala étala exhala installa régala signala capitale capitales centrale centrales cigale cigales égale égales \
    escale escales fatale fatales brutale brutales finale finales générale générales idéale inégale inégales locale \
    locales loyale médicale morale morales musicale musicales natale navale navales normale normales ovale ovales \
    pale pales pétale pétales principale principales rafale rafales rivale rivales royale royales sale sales \
    sandale sandales scandale scandales sociale sociales spéciale spéciales spirale spirales totale verticale \
    vitale vitales";

/// Written with a hyphen.
const HYPHENATED: &str = "\
    après-demain arc-en-ciel arrière-pensée au-delà au-dessous au-dessus avant-hier bas-côté beau-fils beau-frère \
    beau-père beaux-arts belle-fille belle-mère belle-sœur bien-aimé bien-aimée bien-être bon-papa bonne-maman \
    bouche-à-bouche brise-glace cache-cache cache-nez café-concert casse-croûte casse-cou cerf-volant chauve-souris \
    chef-d'œuvre chef-lieu chou-fleur ciel-de-lit clair-obscur coffre-fort compte-gouttes coq-à-l'âne cou-de-pied \
    court-circuit couvre-feu couvre-lit croque-mort cul-de-sac deux-points dos-d'âne eau-de-vie en-tête essuie-mains \
    état-major faux-semblant franc-maçon gagne-pain garde-à-vous garde-barrière garde-chasse garde-fou garde-manger \
    garde-malade garde-robe gratte-ciel haut-parleur haut-le-cœur hors-d'œuvre jusque-là laisser-aller laissez-passer \
    lave-vaisselle longue-vue main-forte mal-être mot-clé nord-est nord-ouest nouveau-né nouveau-né œil-de-bœuf \
    oiseau-mouche ouvre-boîte par-ci par-delà par-dessous par-dessus par-là pare-brise passe-partout \
    passe-temps perce-neige pêle-mêle petit-déjeuner petit-fils petite-fille petits-enfants petit-lait pied-à-terre \
    pied-noir pince-nez plain-pied plate-bande plate-forme plus-value point-virgule pont-levis pot-au-feu presqu'île \
    prie-dieu quant-à-soi quelques-uns quelques-unes quelqu'un quatre-vingt quatre-vingts reine-claude \
    rez-de-chaussée rond-point rouge-gorge sac-à-dos sage-femme sang-froid sans-abri sans-gêne savoir-faire \
    savoir-vivre serre-tête soi-disant souffre-douleur sud-est sud-ouest taille-crayon tête-à-tête terre-plein \
    tire-bouchon timbre-poste tout-puissant tourne-disque trompe-l'œil va-et-vient vis-à-vis volte-face \
    wagon-lit abat-jour abat-jours aide-mémoire aigre-doux aigre-douce ayant-droit bas-relief basse-cour \
    blanc-seing bric-à-brac c'est-à-dire ci-dessous ci-dessus ci-joint fier-à-bras grand-chose \
    grand-mère grand-père grand-rue là-bas là-dedans là-dessous là-dessus là-haut peut-être porte-clés \
    porte-monnaie porte-voix sous-bois sous-main sous-marin sous-sol sous-vêtement";

/// The lists, looked up by folded text.
pub(super) struct Forms {
    after_prefix: Vec<&'static str>,
    after_prefix_stems: Vec<&'static str>,
    before_enclitic: Vec<&'static str>,
    hyphenated: Vec<&'static str>,
}

impl Forms {
    /// The bundled forms.
    pub(super) fn bundled() -> &'static Self {
        static FORMS: std::sync::LazyLock<Forms> = std::sync::LazyLock::new(Forms::read);
        &FORMS
    }

    fn read() -> Self {
        let sorted = |forms: &mut dyn Iterator<Item = &'static str>| {
            let mut forms: Vec<_> = forms.collect();
            forms.sort_unstable();
            forms
        };
        let is_stem = |form: &&str| form.ends_with('*');
        let after_prefix = || SOLID_AFTER_PREFIX.split_whitespace();
        Self {
            after_prefix: sorted(&mut after_prefix().filter(|form| !is_stem(form))),
            after_prefix_stems: after_prefix()
                .filter(is_stem)
                .map(|form| form.trim_end_matches('*'))
                .collect(),
            before_enclitic: sorted(&mut SOLID_BEFORE_ENCLITIC.split_whitespace()),
            hyphenated: sorted(&mut HYPHENATED.split_whitespace()),
        }
    }

    /// Whether `form`, whose first half is a compound's prefix, is one word all the same.
    pub(super) fn is_solid_after_prefix(&self, form: &str) -> bool {
        self.after_prefix.binary_search(&form).is_ok()
            || self.after_prefix_stems.iter().any(|stem| form.starts_with(stem))
    }

    /// Whether `form`, whose second half is an enclitic, is one word all the same.
    pub(super) fn is_solid_before_enclitic(&self, form: &str) -> bool {
        self.before_enclitic.binary_search(&form).is_ok()
    }

    /// Whether `form`, with its hyphens, is a compound, or the beginning of one that has more hyphens.
    pub(super) fn is_hyphenated(&self, form: &str) -> bool {
        let from = self.hyphenated.partition_point(|known| *known < form);
        self.hyphenated[from..]
            .iter()
            .map_while(|known| known.strip_prefix(form))
            .any(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}
