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
