//! What somebody wants to do.

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Bring a scan in.
    Upload,
    /// Bring box results in.
    SendFigures,
    /// See one's receipts, what is missing and what could not be linked.
    FollowUploads,
    /// Link a parked scan by hand, or take such a link back, with a reason and a second person.
    Resolve,
    /// See what lies in a directory of the archive.
    List,
    /// Take a file out of the archive.
    Download,
    /// See results on the web site or by the web service.
    ViewResults,
    /// Save results: Excel or CSV on the site, XML by the web service.
    SaveResults,
    /// See scans on the web site.
    ViewImages,
    /// Save scans from the web site.
    SaveImages,
    /// Replace the own password.
    ChangePassword,
    /// End the own session.
    LogOut,
    /// Read what the own account did.
    ReadOwnRecord,
    /// Read what anybody did, and take it along.
    ReadRecord,
    /// Define accounts, addresses, registries.
    Administer,
    /// Open or close a gate.
    MoveGate,
    /// Be given a medium (USB) with results and scans.
    Export,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 17] = [
        Self::Upload,
        Self::SendFigures,
        Self::FollowUploads,
        Self::Resolve,
        Self::List,
        Self::Download,
        Self::ViewResults,
        Self::SaveResults,
        Self::ViewImages,
        Self::SaveImages,
        Self::ChangePassword,
        Self::LogOut,
        Self::ReadOwnRecord,
        Self::ReadRecord,
        Self::Administer,
        Self::MoveGate,
        Self::Export,
    ];

    /// The name in audit rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::SendFigures => "send-figures",
            Self::FollowUploads => "follow-uploads",
            Self::Resolve => "resolve",
            Self::List => "list",
            Self::Download => "download",
            Self::ViewResults => "view-results",
            Self::SaveResults => "save-results",
            Self::ViewImages => "view-images",
            Self::SaveImages => "save-images",
            Self::ChangePassword => "change-password",
            Self::LogOut => "logout",
            Self::ReadOwnRecord => "read-own-record",
            Self::ReadRecord => "read-record",
            Self::Administer => "administer",
            Self::MoveGate => "gate",
            Self::Export => "export",
        }
    }

    /// Whether it shows anything of scans or results: the law opens that at an hour or by a decision, and nothing else.
    pub fn waits_for_a_gate(self) -> bool {
        matches!(
            self,
            Self::List
                | Self::Download
                | Self::ViewResults
                | Self::SaveResults
                | Self::ViewImages
                | Self::SaveImages
                | Self::Export
        )
    }

    /// Whether it works while the password that was given out has not been replaced (2019 circular, art. 5/3).
    pub fn works_before_the_first_change(self) -> bool {
        matches!(self, Self::ChangePassword | Self::LogOut)
    }
}
