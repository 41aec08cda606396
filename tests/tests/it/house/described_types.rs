//! The sections of `docs/FORMATS.md`, and the types that each describes.

/// A section of the document, by the text it begins with, and the types it describes: file and name.
pub(super) type Section = (&'static str, &'static [(&'static str, &'static str)]);

const ENVIRONMENT_LOCK: &str = "schemas/src/environment_lock";
pub(super) const SECTIONS: &[Section] = &[
    (
        "**Key files**",
        &[
            ("registry/src/trust/keys/key_file.rs", "Wire"),
            ("registry/src/trust/keys/key_file.rs", "WireValue"),
        ],
    ),
    (
        "**Pack index**",
        &[
            ("schemas/src/pack_index.rs", "PackIndex"),
            ("schemas/src/pack_index.rs", "Release"),
            ("schemas/src/pack_index.rs", "ManifestPointer"),
            ("schemas/src/pack_index.rs", "Requires"),
        ],
    ),
    (
        "**Runtime index**",
        &[
            ("schemas/src/runtime_index.rs", "RuntimeIndex"),
            ("schemas/src/runtime_index.rs", "RuntimeRelease"),
            ("schemas/src/runtime_index.rs", "RuntimeLink"),
            ("schemas/src/pack_index.rs", "ManifestPointer"),
        ],
    ),
    (
        "**Pack config**",
        &[
            ("schemas/src/pack_config.rs", "PackConfig"),
            ("schemas/src/pack", "PackMetadata"),
            ("schemas/src/component", "ComponentSummary"),
            (ENVIRONMENT_LOCK, "Footprint"),
            (ENVIRONMENT_LOCK, "EnvironmentLocks"),
            (ENVIRONMENT_LOCK, "PythonLock"),
            (ENVIRONMENT_LOCK, "ManifestFile"),
            (ENVIRONMENT_LOCK, "PythonTarget"),
            (ENVIRONMENT_LOCK, "BlockedTarget"),
            (ENVIRONMENT_LOCK, "LockedWheel"),
            (ENVIRONMENT_LOCK, "NodeLock"),
            (ENVIRONMENT_LOCK, "NodeTarget"),
            (ENVIRONMENT_LOCK, "BlockedPlatform"),
            (ENVIRONMENT_LOCK, "LockedNodePackage"),
            (ENVIRONMENT_LOCK, "Overlay"),
            (ENVIRONMENT_LOCK, "BinLink"),
        ],
    ),
    (
        "`bundle.json` (`attune.bundle/v1`",
        &[
            ("schemas/src/bundle.rs", "BundleDescription"),
            ("schemas/src/bundle.rs", "BundledRelease"),
            ("schemas/src/bundle.rs", "BundledRuntime"),
        ],
    ),
    (
        "**`generations/<id>/generation.json`**",
        &[
            ("host/src/generation", "Generation"),
            ("host/src/generation", "InstalledPack"),
            ("host/src/generation", "KeptFile"),
            ("host/src/environment", "InstalledEnvironment"),
            ("host/src/environment", "FileStamp"),
            ("host/src/machine/interpreters", "Interpreter"),
            ("host/src/machine/interpreters", "NodeInterpreter"),
        ],
    ),
    (
        "**`generations/<id>/releases/<ref>.json`**",
        &[("host/src/generation", "KeptRelease"), ("host/src/generation", "FailedEnvironment")],
    ),
    (
        "**`state/interpreters.json`**",
        &[
            ("host/src/machine/interpreters", "KeptAnswers"),
            ("host/src/machine/interpreters", "Answer"),
            ("host/src/machine/interpreters", "FileIdentity"),
        ],
    ),
    ("**`staging/<id>/journal.json`**", &[("host/src/transaction", "Entries")]),
    ("**`state/trust/<registry>/policy.json`**", &[("registry/src/trust/state/policy.rs", "PolicyFile")]),
    ("**`attune-build init`**", &[("registry-builder/src/operations/init.rs", "InitReport")]),
    (
        "**`attune-build lint`**",
        &[
            ("registry-builder/src/operations/lint.rs", "LintedPacks"),
            ("registry-builder/src/operations/lint.rs", "LintedPack"),
            ("registry-builder/src/operations/lint.rs", "PackedFile"),
            ("registry-builder/src/operations/lint.rs", "LeftOutFile"),
            ("schemas/src/diagnostics/finding.rs", "Finding"),
            ("registry/src/pack_directory/secrets/mod.rs", "Secret"),
        ],
    ),
    (
        "**`attune-build verify`**",
        &[
            ("registry-builder/src/operations/verify/report.rs", "VerifyReport"),
            ("registry-builder/src/operations/verify/report.rs", "Damage"),
        ],
    ),
    (
        "**`attune-build add`**",
        &[
            ("registry-builder/src/operations/add", "AddReport"),
            ("registry-builder/src/operations/add", "AddedPack"),
            ("registry-builder/src/operations/checked.rs", "PackFaults"),
            ("registry/src/pack_directory/secrets/mod.rs", "Secret"),
            ("schemas/src/coverage.rs", "ReleaseCoverage"),
            ("registry-builder/src/vendoring/python/selection/coverage.rs", "CoverageMatrix"),
            ("registry-builder/src/vendoring/python/selection/coverage.rs", "CoverageCell"),
            ("registry-builder/src/vendoring/python/selection/coverage.rs", "Coverage"),
            ("registry-builder/src/vendoring/python/selection/blocked.rs", "Blocked"),
            ("registry-builder/src/vendoring/python/selection/blocked.rs", "BlockReason"),
            ("registry-builder/src/vendoring/python/lock/build_problem.rs", "BuildProblem"),
            ("schemas/src/diagnostics", "Finding"),
        ],
    ),
    (
        "**`attune-build bundle`**",
        &[
            ("registry-builder/src/bundle", "BundleReport"),
            ("registry-builder/src/bundle", "BundledPack"),
            ("schemas/src/bundle.rs", "BundledRuntime"),
        ],
    ),
    (
        "**`attune-build inspect`**",
        &[
            ("registry-builder/src/operations/inspect.rs", "InspectReport"),
            ("registry-builder/src/operations/inspect.rs", "InspectedRelease"),
            ("registry-builder/src/operations/inspect.rs", "InspectedRuntime"),
        ],
    ),
    (
        "**`attune-install verify`**",
        &[
            ("host/src/verification", "VerifyReport"),
            ("host/src/verification", "VerifiedPack"),
            ("host/src/verification", "Finding"),
        ],
    ),
    ("**`attune-build runtime add`**", &[("registry-builder/src/runtime/add.rs", "AddedRuntime")]),
    (
        "**`attune-install`**",
        &[
            ("installer/src/operations", "InstallReport"),
            ("installer/src/operations", "PackReport"),
            ("installer/src/plan", "KeptNewer"),
            ("installer/src/operations", "StageTime"),
            ("host/src/machine", "AskedProgram"),
            ("installer/src/trust", "FreshnessReport"),
            ("installer/src/trust", "ExpiredRole"),
            ("schemas/src/pack_test_result.rs", "PackTestResult"),
            ("schemas/src/pack_test_result.rs", "SuiteResult"),
            ("schemas/src/pack_test_result.rs", "TestCase"),
        ],
    ),
    (
        "**`attune-install list`**",
        &[
            ("host/src/inventory", "Inventory"),
            ("host/src/inventory", "ListedPack"),
            ("host/src/inventory", "PackEnvironment"),
        ],
    ),
    (
        "**`attune-install trust add`**",
        &[
            ("installer/src/trust", "TrustedRegistry"),
            ("installer/src/trust", "TrustDetails"),
            ("installer/src/trust", "TrustedRole"),
            ("installer/src/trust", "SeenRole"),
        ],
    ),
    ("**`attune-install repair`**", &[("installer/src/operations/repair", "RepairReport")]),
    (
        "**`attune-install env list`**",
        &[
            ("host/src/inventory", "ListedEnvironment"),
            ("installer/src/operations/rebuild", "RebuiltEnvironment"),
            ("host/src/store", "DiskReport"),
            ("host/src/store", "PackCost"),
            ("host/src/store", "GcReport"),
            ("host/src/store", "RemovedEntry"),
            ("host/src/store", "UsingProcess"),
            ("host/src/store", "ProcessesSeen"),
        ],
    ),
    (
        "**`attune-build refresh`**",
        &[
            ("registry-builder/src/operations/refresh.rs", "RefreshReport"),
            ("registry-builder/src/operations/refresh.rs", "ExpiringRole"),
            ("registry-builder/src/signing", "GeneratedKey"),
            ("registry-builder/src/signing", "ListedKey"),
            ("registry-builder/src/signing", "KeyChangeReport"),
            ("registry-builder/src/signing", "CeremonyReport"),
            ("registry-builder/src/signing", "SignatureReport"),
        ],
    ),
];
