//! What stands on a form, as plain values. It must never know a registry: whoever draws a form has looked everything up.

/// What stands on one page of a form.
#[derive(Clone, Debug)]
pub struct FormFace {
    /// The name of the form, such as `SANDIK SONUÇ TUTANAĞI`.
    pub title: String,
    /// The race, such as `CUMHURBAŞKANI SEÇİMİ`; it also decides how many candidates or parties the tables list.
    pub race: String,
    /// The number of the form as printed, such as `Örnek 404` or `SSI_404`.
    pub form_number: String,
    /// Which kind of form it is; it decides the layout.
    pub kind: FaceKind,
    /// The numbered identity boxes, label and value: `("İLİ", "İSTANBUL")`. Any of them may be missing.
    pub place: Vec<(String, String)>,
    /// The election, such as `14 MAYIS 2023 CUMHURBAŞKANI SEÇİMİ`.
    pub election: String,
    /// The digits of the karekod, printed as a QR code at both places; a form without a code has `None`.
    pub karekod: Option<String>,
    /// Other digits for the lower place, to draw a page whose two codes disagree.
    pub second_karekod: Option<String>,
    /// The page number printed at the foot, from 1.
    pub page: u32,
    /// A word across the page, such as `PROVA`. Whatever is not a real form must carry one.
    pub watermark: Option<String>,
    /// The names in its tables, in the order of the ballot; none prints placeholders.
    pub choices: Option<Vec<String>>,
    /// What a box's sheet is filled with; none makes up a count from the seed.
    pub count: Option<FaceCount>,
}

/// The figures that a box's sheets are filled with. Whether they add up is the business of whoever brings them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaceCount {
    /// Voters on the box's list.
    pub registered: u32,
    /// Everyone who voted.
    pub voted: u32,
    /// Of those, the ones who are on no list of this box.
    pub unlisted: u32,
    /// Valid ballots.
    pub valid: u32,
    /// Invalid ballots.
    pub invalid: u32,
    /// How often the box was counted; nothing is written for once.
    pub counted: u32,
    /// Votes in the order of the ballot.
    pub votes: Vec<u32>,
}

/// The kinds of form, each with a layout of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaceKind {
    /// Sandık sonuç tutanağı: the result of one box, A4.
    Sonuc,
    /// Sayım döküm cetveli: the count sheet of one box with its tally marks, A3 across.
    Cetvel,
    /// İlçe seçim kurulu denetim tutanağı: what a board has checked, A4.
    Denetim,
    /// İlçe birleştirme tutanağı (kurullar): the boxes of one board, A4.
    BirlestirmeKurul,
    /// İlçe birleştirme tutanağı: the boards of one district, A4.
    BirlestirmeIlce,
    /// İl birleştirme tutanağı: the districts of one province, A4.
    BirlestirmeIl,
}

impl FaceKind {
    /// Every kind, in the order in which an election night makes them.
    pub const ALL: [Self; 6] =
        [Self::Cetvel, Self::Sonuc, Self::Denetim, Self::BirlestirmeKurul, Self::BirlestirmeIlce, Self::BirlestirmeIl];
}

impl FormFace {
    /// The digits at the lower place: the other code when there is one, else the same as above.
    pub(crate) fn lower_karekod(&self) -> Option<&str> {
        self.second_karekod.as_deref().or(self.karekod.as_deref())
    }

    /// What the identity box whose label contains `part` says.
    pub(crate) fn place_named(&self, part: &str) -> Option<&str> {
        self.place.iter().find(|(label, _)| label.contains(part)).map(|(_, value)| value.as_str())
    }
}
