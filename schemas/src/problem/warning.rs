//! Warnings: something that the user should know, and that stops nothing.

use schemars::JsonSchema;
use serde::Serialize;

use super::code::code_enum;

code_enum! {
    /// The stable code of a warning.
    WarningCode "^W[0-9]{3}$" {
        LibraryMissing "W001";
        InstalledAgain "W002";
        TestsFailed "W003";
        LogNotWritten "W004";
        RecipeFailed "W005";
        ChangeAtWork "W006";
        ProcessesHidden "W007";
        NotMended "W008";
        SetAside "W009";
        LockFileRestored "W010";
        RegisteredAgain "W011";
        Undone "W012";
        StagingLeft "W013";
        ListsDamaged "W014";
        SignalsNotHeard "W015";
        TestsNotRecorded "W016";
        MadeOnHost "W017";
        InterpreterReplaced "W018";
        NotVerified "W022";
        NothingInstalled "W023";
        MigrationTakenBack "W030";
        MigrationNotTakenBack "W031";
        ForeignFileStays "W032";
        KeysNotAtHand "W101";
        RootExpires "W102";
        ClockBehind "W103";
        RootChangeFinished "W104";
        KeyPassedOver "W105";
        Dependency "W106";
        FetchedAgain "W107";
        TargetMissing "W108";
        Expired "W109";
        RuntimeNotCarried "W110";
        CertificatesNotUsed "W111";
        CacheEntryDamaged "W112";
        DependencyMissing "W113";
        UnprotectedSource "W114";
        NotAccepting "W201";
        ConnectionsBusy "W202";
        Unhealthy "W203";
        NotServed "W204";
        CutShort "W205";
    }
}

/// A warning, with its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// Its code.
    pub code: WarningCode,
    /// The fact.
    pub message: String,
}

impl Warning {
    /// The warning `code`, told as `message`.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
