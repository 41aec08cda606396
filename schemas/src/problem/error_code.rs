//! The code of every error, and the kind of failure that it is.
//!
//! ```text
//! U  the command line                      E  interpreters, environments, packs' tests
//! M  the machine                           K  keys and signatures of a publisher
//! H  a host's root and its database        B  building registries and bundles
//! T  trust: roots and metadata             D  dependencies: Python, Node.js, downloads
//! S  sources: bundles, registries, servers G  serving
//! R  releases: resolving and unpacking
//! ```

use super::FailureKind;
use super::code::code_enum;

macro_rules! error_codes {
    ($($name:ident $id:literal $kind:ident;)*) => {
        code_enum! {
            /// The stable code of an error.
            ErrorCode "^[UMHTSREKBDG][0-9]{3}$" { $($name $id;)* }
        }

        impl ErrorCode {
            /// The kind of failure: an exit code, or a status.
            pub const fn kind(self) -> FailureKind {
                match self { $(Self::$name => FailureKind::$kind,)* }
            }
        }
    };
}

error_codes! {
    CommandLine "U001" Usage;
    NotASource "U002" Usage;
    SecondBundle "U003" Usage;
    TwoSources "U004" Usage;
    NoSource "U005" Usage;
    UnknownCommand "U006" Usage;
    CommandMoved "U007" Usage;
    NothingRequested "U008" Usage;
    NotConfirmed "U009" Usage;
    OutputExists "U010" Usage;
    UnknownCode "U011" Usage;
    Declined "U012" Failed;
    Swapped "U013" Usage;
    TrustWithoutSource "U014" Usage;
    UnreadableWorkflow "U015" Usage;

    NoMemory "M001" Failed;
    NoDescriptors "M002" Failed;
    NoProcesses "M003" Failed;
    DiskFull "M004" Failed;
    FileSizeLimit "M005" Failed;
    ReadOnlyFileSystem "M006" Failed;
    StorageFailure "M007" Failed;
    ProgramBusy "M008" Failed;
    CallInterrupted "M009" Failed;
    OpenRefused "M010" Failed;
    OutputLost "M011" Failed;
    OutputAccess "M013" Failed;
    Interrupted "M012" Interrupted;

    RootMissing "H001" Failed;
    NeverInstalled "H002" Failed;
    NotARoot "H003" Failed;
    RootName "H004" Usage;
    RootWithoutLinks "H005" Failed;
    RootAccess "H006" Failed;
    PlantedLink "H007" Failed;
    WritableByAll "H008" Failed;
    RootBusy "H009" Busy;
    RootWithoutLocks "H010" Failed;
    RootNotWritable "H011" Failed;
    DatabaseAccess "H012" Failed;
    DatabaseNotOpened "H013" Registration;
    DatabaseDamaged "H014" Untrusted;
    DatabaseNewer "H015" Failed;
    RowRefused "H016" Registration;
    RuntimeInUse "H017" Registration;
    RefTaken "H018" Registration;
    ComponentRefused "H019" Registration;
    ChangeUnfinished "H020" Failed;
    ChangeUnclear "H021" Failed;
    OtherGenerationRegistered "H022" Registration;
    GenerationMissing "H023" Failed;
    GenerationDamaged "H024" Untrusted;
    NoSuchGeneration "H025" Failed;
    NotInstalled "H026" Unresolvable;
    NoEnvironment "H027" Environment;
    NotVerified "H028" Failed;
    DifferencesFound "H029" Untrusted;
    DifferencesLeft "H030" Untrusted;
    StoreDamaged "H031" Environment;
    RegistriesDamaged "H032" Untrusted;
    RegistryNotKnown "H033" Failed;
    PackInUse "H034" Unresolvable;
    NoEarlierGeneration "H035" Failed;
    PinExcludesInstalled "H036" Usage;
    PackHeld "H037" Unresolvable;
    PacksOutdated "H038" Failed;
    NeedsAttention "H039" Failed;
    CheckupFailed "H040" Failed;
    PackSetNotForHost "H043" Usage;
    TimeLimit "H051" Failed;
    SourcesFailed "H052" Failed;
    PacksDefective "H053" Failed;
    EnvironmentsLack "H054" Environment;
    LeftOut "H055" Failed;
    OtherPacksDirectory "H056" Usage;
    MigrationFailed "H060" Environment;
    MigrationTimedOut "H061" Environment;
    MigrationNotRun "H062" Environment;
    MigratedPackDamaged "H063" Environment;
    BackupNotOurs "H064" Untrusted;
    BackupDamaged "H065" Untrusted;
    BackupAccess "H066" Failed;
    NotRestorable "H067" Unresolvable;
    HalfPurged "H068" Failed;
    RootInUse "H069" Failed;
    NoWorkflow "H070" Unresolvable;
    WorkflowsRefused "H071" Failed;

    NoTrust "T001" Untrusted;
    RootFileAccess "T002" Failed;
    NotARootFile "T003" Untrusted;
    FingerprintDiffers "T004" Untrusted;
    NoSuchRoot "T005" Untrusted;
    RegistryNotTrusted "T006" Failed;
    MetadataSignatures "T007" Untrusted;
    MetadataMalformed "T008" Untrusted;
    RegistryName "T009" Untrusted;
    MetadataMissing "T010" Untrusted;
    MetadataMismatch "T011" Untrusted;
    NotListed "T012" Untrusted;
    MetadataTooLarge "T013" Untrusted;
    NotConsistent "T014" Untrusted;
    MetadataNotFetched "T015" Failed;
    MetadataExpired "T016" Untrusted;
    RolledBack "T017" Untrusted;
    OtherRootTrusted "T018" Untrusted;
    TrustStateDamaged "T019" Untrusted;
    TrustPolicyDamaged "T020" Untrusted;
    TrustStateAccess "T021" Failed;
    Unsigned "T022" Untrusted;
    ReservedName "T023" Untrusted;
    HostRegistryDamaged "T024" Untrusted;

    BundleMissing "S001" Usage;
    BundleAccess "S002" Failed;
    DirectoryIsNoSource "S003" Usage;
    SocketIsNoSource "S005" Usage;
    UrlIsNoBundle "S006" Usage;
    BundleNotRead "S007" Failed;
    NotABundle "S008" Untrusted;
    BundleDamaged "S009" Untrusted;
    UnexpectedEntry "S010" Untrusted;
    UnknownBlob "S011" Untrusted;
    MissingBlobs "S012" Untrusted;
    BlobDamaged "S013" Untrusted;
    BlobAccess "S014" Failed;
    FileTooLarge "S015" Untrusted;
    FileAccess "S016" Failed;
    NotARegistryUrl "S017" Failed;
    StreamStopped "S018" Failed;
    ServerUnreachable "S019" Failed;
    ConnectionLost "S020" Failed;
    LoginWanted "S021" Failed;
    Forbidden "S022" Failed;
    ServerStatus "S023" Failed;
    Certificate "S024" Failed;
    FileLacking "S025" Untrusted;
    FileInvalid "S026" Untrusted;
    RegistryUrlSecret "S027" Usage;
    BundleIsNoRegistry "S028" Usage;
    RegistryPath "S029" Usage;

    UnknownPack "R001" Unresolvable;
    NoVersion "R002" Unresolvable;
    NoSolution "R003" Unresolvable;
    DependencyCycle "R004" Unresolvable;
    ReleasesNotRead "R005" Failed;
    NotInIndex "R006" Untrusted;
    ListedTwice "R007" Untrusted;
    OtherRegistry "R008" Untrusted;
    ReleaseImpossible "R009" Untrusted;
    ArchiveRefused "R010" Untrusted;
    WheelRefused "R011" Untrusted;
    NodePackageRefused "R012" Untrusted;
    UnpackAccess "R013" Failed;
    NoChannel "R014" Unresolvable;

    NoPython "E001" Environment;
    NoNode "E002" Environment;
    InterpreterBroken "E003" Environment;
    InterpreterKilled "E004" Failed;
    RootWithColon "E005" Environment;
    NoRuntime "E006" Environment;
    RuntimeUnknown "E007" Failed;
    NoScratch "E008" Failed;
    NoRuntimeVersion "E009" Environment;
    OtherTarget "E010" Environment;
    OtherBundleTarget "E011" Environment;
    WheelTags "E012" Environment;
    LibrariesMissing "E013" Environment;
    RuntimeLibrariesMissing "E014" Environment;
    NoSpace "E015" Failed;
    SpaceUnknown "E016" Failed;
    WheelNotInstallable "E017" Environment;
    PackagesCollide "E018" Environment;
    EnvironmentAccess "E019" Failed;
    RecipeFailed "E020" Environment;
    NoRecipe "E021" Environment;
    TestsFailed "E022" Tests;
    TestsNotRun "E023" Tests;

    KeyAccess "K001" Failed;
    KeyReadableByOthers "K002" Failed;
    KeyNotPrivate "K003" Failed;
    NotAKey "K004" Failed;
    PublicKeyOnly "K005" Failed;
    WrongPassphrase "K006" Failed;
    NoPassphrase "K007" Failed;
    SignerFailed "K008" Failed;
    KeyNotMade "K009" Failed;
    KeysMissing "K010" Failed;
    NoBins "K011" Failed;
    BinThresholdFixed "K012" Untrusted;
    NoSuchKey "K013" Failed;
    TooFewKeys "K014" Failed;
    DraftsDiffer "K015" Untrusted;
    SigningTime "K016" Untrusted;
    NoDraft "K017" Failed;
    SignaturesMissing "K018" Failed;
    KeyExists "K019" Failed;
    NoSigningKey "K020" Usage;
    SigningAccess "K021" Failed;

    NotARegistry "B001" Failed;
    RegistryBusy "B002" Busy;
    RegistryWithoutLocks "B003" Failed;
    ClockJump "B004" Failed;
    RegistryAccess "B005" Failed;
    NotEmpty "B006" Failed;
    ThresholdWithoutBins "B007" Usage;
    NotAPack "B008" Usage;
    FileName "B009" Failed;
    FileKind "B010" Failed;
    IgnorePattern "B011" Failed;
    NeededFileLeftOut "B012" Failed;
    NamesDifferByCase "B013" Failed;
    PackTooLarge "B014" Failed;
    PackAccess "B015" Failed;
    LintErrors "B016" Failed;
    Secrets "B017" Usage;
    SamePackTwice "B018" Failed;
    VersionTaken "B019" Failed;
    InstallsNowhere "B020" Unresolvable;
    TargetsMissing "B021" Unresolvable;
    RuntimeVersionUnserved "B022" Unresolvable;
    NoDefaultTarget "B023" Usage;
    ReleaseNotArchived "B024" Failed;
    ReleaseRefused "B025" Untrusted;
    BundleOutput "B026" Usage;
    RuntimeNotCarried "B027" Unresolvable;
    TargetNotBuilt "B028" Unresolvable;
    RegistryBlobDamaged "B029" Untrusted;
    BundleNotWritten "B030" Failed;
    PackNotThere "B031" Unresolvable;
    FilesDamaged "B032" Untrusted;
    RuntimeSource "B033" Usage;
    RuntimeDigestUnknown "B034" Usage;
    RuntimeDigestDiffers "B035" Untrusted;
    RuntimeNotRelocatable "B036" Failed;
    RuntimeDoesNotRun "B037" Failed;
    RuntimeIsAnother "B038" Failed;
    RuntimeTaken "B039" Failed;
    RuntimeAccess "B040" Failed;
    NotAPackSource "B041" Usage;
    SourceOption "B042" Usage;
    SourceArchive "B043" Untrusted;
    SourceDiffers "B044" Untrusted;
    NoPackInSource "B045" Failed;
    SeveralPacksInSource "B046" Usage;
    GitMissing "B047" Failed;
    GitFailed "B048" Failed;
    GitRef "B049" Unresolvable;
    SourceNotInCache "B050" Failed;
    SourceAccess "B051" Failed;
    PackSetUnreadable "B052" Usage;
    OtherPackInSource "B053" Failed;
    PackIndexUnreadable "B054" Failed;
    NotInPackIndex "B055" Unresolvable;
    PackIndexEntry "B056" Failed;
    BuilderMissing "B057" Failed;
    BuilderFailed "B058" Failed;
    NoCacheDirectory "B059" Usage;

    NotDownloaded "D001" Failed;
    DownloadRefused "D002" Failed;
    DownloadCutOff "D003" Failed;
    DownloadDiffers "D004" Untrusted;
    NotInCache "D005" Failed;
    UrlNotFetched "D006" Failed;
    ClientConfiguration "D007" Failed;
    CacheAccess "D008" Failed;
    DownloadAccess "D009" Failed;
    PythonRequirement "D010" Usage;
    NoPythonTarget "D011" Usage;
    RequiresPythonForm "D012" Usage;
    HashesMissing "D013" Usage;
    PythonLockStale "D014" Untrusted;
    PythonLock "D015" Untrusted;
    WheelUnusable "D016" Untrusted;
    PythonUnsatisfiable "D017" Unresolvable;
    NoPythonTargetServed "D018" Unresolvable;
    PythonPackagesCollide "D019" Unresolvable;
    BuildNeedsMissing "D020" Unresolvable;
    BuildFailed "D021" Unresolvable;
    BuiltWheel "D022" Untrusted;
    UvMissing "D023" Failed;
    UvDiffers "D024" Untrusted;
    UvFailed "D025" Failed;
    PackageJson "D026" Usage;
    NodeRequirement "D027" Usage;
    NpmLock "D028" Untrusted;
    NpmLockStale "D029" Untrusted;
    NoNodeTargetServed "D030" Unresolvable;
    NpmPackageRefused "D031" Untrusted;
    NpmPackageUnbuilt "D032" Unresolvable;
    InstallScriptFailed "D033" Unresolvable;
    InstallScriptNotConfined "D034" Failed;
    NoInstallScript "D035" Usage;
    NpmMissing "D036" Failed;
    NpmFailed "D037" Failed;
    VendoringAccess "D038" Failed;
    RedirectRefused "D039" Failed;

    ServedDirectoryMissing "G001" Failed;
    ServedFile "G002" Failed;
    ServedNoRegistry "G003" Failed;
    ServedLink "G004" Failed;
    ServedUnreadable "G005" Failed;
    AddressInUse "G006" Failed;
    AddressDenied "G007" Failed;
    AddressNotLocal "G008" Failed;
    NotListening "G009" Failed;
    ServerFailed "G010" Failed;
    TokenFileMissing "G011" Failed;
    TokenFileDamaged "G012" Failed;
    TokenFileWritable "G013" Failed;
    TokenNameTaken "G014" Usage;
    TokenUnknown "G015" Usage;
    TokenFileAccess "G016" Failed;
    CertificateUnusable "G017" Failed;
    ServedNoHost "G018" Failed;
}
